/** The page of metrics as text. prom-client is loaded with the first page, and only then. */
import type { Metric as PromMetric, Registry } from 'prom-client';
import { CATALOG, type Metric } from './catalog.ts';
import type { Snapshot } from './snapshot.ts';

export interface Page {
  readonly contentType: string;
  readonly text: (snapshot: Snapshot) => Promise<string>;
}

/** Begins to measure this process, too, which then goes on for as long as it lives: call it once. */
export async function openPage(): Promise<Page> {
  const { Registry, collectDefaultMetrics } = await import('prom-client');
  const register = new Registry();
  let current: Snapshot | null = null;
  for (const metric of CATALOG) add(register, metric, () => current);
  collectDefaultMetrics({ register });
  return {
    contentType: register.contentType,
    // Ours read what `current` is in the same turn, so that pages made at a time do not mix.
    text: (snapshot) => {
      current = snapshot;
      return register.metrics();
    },
  };
}

/** The values are there already and include whole histograms, which prom-client's own classes do not take. */
function add(register: Registry, { name, type, help, rows }: Metric, current: () => Snapshot | null): void {
  const get = (): Promise<object> => {
    const snapshot = current();
    const values = (snapshot === null ? [] : rows(snapshot)).map(({ labels, value, suffix = '' }) => ({
      labels,
      value,
      metricName: `${name}${suffix}`,
    }));
    return Promise.resolve({ name, help, type, values, aggregator: 'sum' });
  };
  register.registerMetric({ name, get } as unknown as PromMetric);
}
