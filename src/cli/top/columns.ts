/** The columns of the table. Their widths are fixed, so that nothing jumps when numbers change. */
import type { Load, Metrics, WorkerMetrics } from '../../model/control.ts';
import { age, bytes } from '../render-state.ts';
import type { Row } from './model.ts';

export interface Column {
  readonly title: string;
  readonly width: number;
  readonly isText?: true;
  readonly cell: (row: Row, metrics: Metrics) => string;
}

export const STATUS = 'status';
export const DELAY = 'delay';
/** What stands before a delay that has not ended yet. */
export const BLOCKED = '>';

const NOTHING = '-';

/** In the order they are shown. */
const COLUMNS: readonly Column[] = [
  { title: 'id', width: 4, cell: ({ worker }) => (worker === null ? '' : String(worker.id)) },
  { title: 'pid', width: 7, cell: ({ worker }) => (worker === null ? '' : String(worker.pid ?? NOTHING)) },
  { title: STATUS, width: 8, isText: true, cell: ({ app, worker }) => (worker ?? app).status },
  {
    title: 'ready',
    width: 5,
    cell: ({ app, worker }) => (worker === null ? `${app.ready}/${app.desired}` : ''),
  },
  {
    title: 'updated',
    width: 7,
    cell: ({ app: { rollout }, worker }) => (worker === null ? `${rollout.updated}/${rollout.total}` : ''),
  },
  { title: '↺', width: 3, cell: (row) => String(sum(workersOf(row).map(({ restarts }) => restarts))) },
  {
    title: 'cpu',
    width: 5,
    cell: (row) =>
      known(
        workersOf(row).map(({ cpu }) => cpu),
        total(percent),
      ),
  },
  {
    title: 'memory',
    width: 7,
    cell: (row) =>
      known(
        workersOf(row).map(({ memory }) => memory),
        total(bytes),
      ),
  },
  { title: DELAY, width: 6, cell: (row, metrics) => delay(metricsOf(row, metrics)) },
  {
    title: 'req/s',
    width: 6,
    cell: (row, metrics) => known(metricsOf(row, metrics).map(rate), total(perSecond)),
  },
  // An app has been up for as long as its youngest worker.
  {
    title: 'uptime',
    width: 6,
    cell: (row) =>
      known(
        workersOf(row).map(({ uptimeMs }) => uptimeMs),
        (all) => age(Math.min(...all)),
      ),
  },
];

/** Which columns are kept where there is not room for all, the most important first. */
const RANKING = [STATUS, 'req/s', 'cpu', DELAY, 'memory', 'updated', 'ready', '↺', 'uptime', 'pid', 'id'];
/** The least width of the names, before any other column gets a place. */
const MIN_NAME = 10;
/** With this much for the names there is room for one column more. */
const GOOD_NAME = 18;

/** The columns that fit, and the width that is left for the names. */
export function layout(width: number): { readonly columns: readonly Column[]; readonly nameWidth: number } {
  const kept = new Set<string>();
  let left = width;
  for (const title of RANKING) {
    const column = COLUMNS.find((candidate) => candidate.title === title);
    const least = kept.size < 4 ? MIN_NAME : GOOD_NAME;
    if (column === undefined || left - column.width - 1 < least) break;
    left -= column.width + 1;
    kept.add(title);
  }
  return { columns: COLUMNS.filter(({ title }) => kept.has(title)), nameWidth: Math.max(0, left) };
}

function workersOf({ app, worker }: Row): Row['app']['workers'] {
  return worker === null ? app.workers : [worker];
}

function metricsOf(row: Row, metrics: Metrics): (WorkerMetrics | null)[] {
  return workersOf(row).map(({ id }) => metrics[id] ?? null);
}

/** What is known of some workers; a dash where it is known of none. */
function known(values: readonly (number | null)[], text: (values: number[]) => string): string {
  const numbers = values.filter((value) => value !== null);
  return numbers.length === 0 ? NOTHING : text(numbers);
}

function total(text: (value: number) => string): (values: number[]) => string {
  return (values) => text(sum(values));
}

function sum(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0);
}

function percent(cpu: number): string {
  return `${Math.round(cpu * 100)}%`;
}

/** The first answer of a worker has no interval, so nothing is known yet. */
function measured(metrics: WorkerMetrics | null): Load | null {
  const load = metrics?.load ?? null;
  return load !== null && load.elapsedMs > 0 ? load : null;
}

function rate(metrics: WorkerMetrics | null): number | null {
  const load = measured(metrics);
  return load === null ? null : (load.requests * 1000) / load.elapsedMs;
}

/** The worst of the workers; of one that is blocked it is known only that it is more than the time so far. */
function delay(metrics: readonly (WorkerMetrics | null)[]): string {
  const silent = metrics.map((each) => each?.silentMs ?? 0);
  const delays = metrics.map((each) => measured(each)?.delayP99Ms ?? null);
  const blocked = Math.max(0, ...silent);
  if (blocked > 0) return `${BLOCKED}${milliseconds(blocked)}`;
  return known(delays, (all) => milliseconds(Math.max(...all)));
}

/** At most five characters: `3ms`, `420ms`, `1.5s`, `75s`, `12m`. */
function milliseconds(ms: number): string {
  if (ms < 999.5) return `${Math.round(ms)}ms`;
  if (ms < 9950) return `${(ms / 1000).toFixed(1)}s`;
  return ms < 100_000 ? `${Math.round(ms / 1000)}s` : age(ms);
}

/** At most five characters for anything that one machine can do. */
function perSecond(n: number): string {
  if (n > 0 && n < 9.95) return n.toFixed(1);
  return n < 99_999 ? String(Math.round(n)) : `${Math.round(n / 1000)}k`;
}
