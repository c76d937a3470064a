/** The state as a table, a row per worker, and a line under it that says whether all is well. */
import path from 'node:path';
import type { AppState, State, WorkerView } from '../model/state.ts';
import { canaryText, rejectionText } from '../model/text.ts';
import { printable } from './printable.ts';
import { STATUS_COLOR, type Style } from './style.ts';
import { table, type Column } from './table.ts';

const COLUMNS: readonly Column[] = [
  { title: 'Name' },
  { title: 'id', right: true },
  { title: 'version' },
  { title: 'mode' },
  { title: 'status' },
  { title: '↺', right: true },
  { title: 'cpu', right: true },
  { title: 'memory', right: true },
  { title: 'pid', right: true },
  { title: 'uptime', right: true },
];
const STATUS = 4;

export interface RenderOptions {
  /** Columns of the terminal. */
  readonly width: number;
  readonly style: Style;
}

export function renderState(state: State, { width, style }: RenderOptions): string {
  const rows = state.apps.flatMap((app) =>
    app.workers.length === 0 ? [emptyRow(app)] : app.workers.map((worker) => workerRow(app, worker)),
  );
  const text = table(COLUMNS, rows, width, (cell, row, column) => {
    if (row < 0) return style('bold', cell);
    const status = rows[row]?.[STATUS] as keyof typeof STATUS_COLOR;
    return column === STATUS ? style(STATUS_COLOR[status], cell) : cell;
  });
  return `${text}\n${verdict(state, style)}\n${codeText(state)}${leftText(state)}${diskText(state)}`;
}

function workerRow(app: AppState, worker: WorkerView): string[] {
  return [
    app.name,
    String(worker.id),
    app.version ?? '-',
    app.mode,
    worker.status,
    String(worker.restarts),
    worker.cpu === null ? '-' : `${Math.round(worker.cpu * 100)}%`,
    worker.memory === null ? '-' : bytes(worker.memory),
    worker.pid === null ? '-' : String(worker.pid),
    worker.uptimeMs === null ? '-' : age(worker.uptimeMs),
  ];
}

/** An app that has no worker to show, since it wants none or has not started any yet. */
function emptyRow(app: AppState): string[] {
  return [app.name, '-', app.version ?? '-', app.mode, app.status, '-', '-', '-', '-', '-'];
}

/** Code that was changed in place, and is not what runs; empty where none was. */
function codeText({ apps }: State): string {
  return apps
    .filter(({ code }) => code?.changed === true)
    .map(({ name, code }) => {
      const how = `\`cluster-up up\` or \`cluster-up reload ${name}\` rolls to it`;
      return `${printable(`${name}: the files in ${code?.folder ?? ''} have changed since; ${how}`)}\n`;
    })
    .join('');
}

/** What runs besides; empty where nothing does. */
function leftText({ leftovers = [] }: State): string {
  if (leftovers.length === 0) return '';
  const all = leftovers.map(({ pid, app, slot }) =>
    app === null ? `pid ${pid}` : printable(`${app}:${slot ?? '-'} (pid ${pid})`),
  );
  return `of a supervisor that had died: ${all.join(', ')}\n`;
}

/** What an upgrade has changed under a running supervisor; empty where nothing has. */
function diskText({ supervisor: { onDisk, version } }: State): string {
  const { node, clusterUp } = onDisk ?? {};
  const then = 'after cluster-up down and up';
  const lines = [
    ...(node === undefined
      ? []
      : node.is === 'gone'
        ? [
            `Node ${node.version} is gone from ${node.path}: nothing new can be started; put it back, or start again with another`,
          ]
        : [
            `${node.path} is no longer the Node ${node.version} that runs cluster-up: new workers run it, cluster-up does ${then}`,
          ]),
    ...(clusterUp === undefined
      ? []
      : [
          `cluster-up ${version} was ${clusterUp.is === 'gone' ? 'removed' : 'replaced'} on disk: it goes on as it began; what is there now runs ${then}`,
        ]),
  ];
  return lines.map((line) => `${printable(line)}\n`).join('');
}

function verdict(state: State, style: Style): string {
  const file = path.basename(state.ecosystem);
  if (state.converged) {
    const bad = state.apps.filter(({ status }) => status === 'degraded').flatMap(whyNot);
    if (bad.length === 0) return style('green', `converged: all runs as ${file} asks`);
    return [
      style('yellow', 'converged, but not all is well:'),
      ...bad.map((line) => `  ${printable(line)}`),
    ].join('\n');
  }
  const why = [
    ...(state.config.error === null ? [] : [rejectionText(file, state.config.error)]),
    ...state.apps.flatMap(whyNot),
  ];
  return [style('yellow', 'not converged:'), ...why.map((line) => `  ${printable(line)}`)].join('\n');
}

function whyNot(app: AppState): string[] {
  const { rollout } = app;
  if (rollout.message !== null && app.leaves === true)
    return [`${app.name} is no longer in the file; it ${rollout.message}`];
  if (rollout.message !== null && rollout.state === 'complete') return [`${app.name} ${rollout.message}`];
  if (rollout.message !== null) return [`${app.name}: ${rollout.to} ${rollout.state}, it ${rollout.message}`];
  if (rollout.state === 'progressing')
    return [
      `${app.name}: ${app.status}, ${rollout.updated} of ${rollout.total} workers run ${rollout.to}${aboutCanary(app)}`,
    ];
  // A job that is done is as the file asks.
  if (app.ready === app.desired || app.status === 'stopped') return [];
  const missing = app.workers.find((worker) => worker.status !== 'online' && worker.reason !== null);
  const [who, reason] = missing ? ['the last one', missing.reason] : ['one', reasonOfOnline(app)];
  return [
    `${app.name}: ${app.ready} of ${app.desired} workers are ready${reason ? `; ${who} ${reason}` : ''}`,
  ];
}

/** Where every slot has its worker, one that is not ready serves, but fails. */
function reasonOfOnline({ workers }: AppState): string | null {
  return workers.find(({ reason }) => reason !== null)?.reason ?? null;
}

/** `, canary 1 of 4, goes on in 25 s`; empty where there is none. */
export function aboutCanary({ desired, rollout: { canary } }: AppState): string {
  return canary === undefined ? '' : `, ${canaryText(canary.workers, desired, canary.goesOnInMs)}`;
}

/** `44.8 MB`: decimal, as `free --si` has it. */
export function bytes(n: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  let value = n;
  let unit = 0;
  while (value >= 1000 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value >= 100 || unit === 0 ? Math.round(value) : Number(value.toFixed(1))} ${units[unit] ?? ''}`;
}

/** `5s`, `3m`, `2h`, `9d`. */
export function age(ms: number): string {
  const seconds = Math.floor(ms / 1000);
  if (seconds < 60) return `${seconds}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}
