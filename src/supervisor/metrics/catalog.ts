/**
 * Every metric of ours: its name, its labels and where its values come from. Names and labels are a promise to
 * dashboards and alerts; docs/metrics.md has them in a table, which a test holds against this one.
 */
import type { AppSnapshot, SlotSnapshot, Snapshot } from './snapshot.ts';
import type { SlotTotals } from './totals.ts';

/** Bounds of the buckets of durations, in seconds. */
export const BOUNDS: readonly number[] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];

export interface Metric {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly help: string;
  readonly rows: (snapshot: Snapshot) => readonly Row[];
}

export interface Row {
  readonly labels: Readonly<Record<string, string | number>>;
  readonly value: number;
  /** After the metric's name. */
  readonly suffix?: '_bucket' | '_sum' | '_count';
}

export const CATALOG: readonly Metric[] = [
  {
    name: 'cluster_up_info',
    type: 'gauge',
    help: 'Version of cluster-up; always 1.',
    rows: ({ version }) => [{ labels: { version }, value: 1 }],
  },
  {
    name: 'cluster_up_converged',
    type: 'gauge',
    help: '1 while what runs is what the file asks for.',
    rows: ({ converged }) => [{ labels: {}, value: Number(converged) }],
  },
  {
    name: 'cluster_up_file_rejected',
    type: 'gauge',
    help: '1 while the file as it is now cannot be applied.',
    rows: ({ rejected }) => [{ labels: {}, value: Number(rejected) }],
  },
  {
    name: 'cluster_up_plans_total',
    type: 'counter',
    help: 'How often it was planned what to do next.',
    rows: ({ plans }) => [{ labels: {}, value: plans.count }],
  },
  {
    name: 'cluster_up_plan_seconds_total',
    type: 'counter',
    help: 'Time that planning took.',
    rows: ({ plans }) => [{ labels: {}, value: plans.seconds }],
  },
  {
    name: 'cluster_up_supervisor_event_loop_delay_seconds',
    type: 'gauge',
    help: "How much later than planned the supervisor's own event loop came round in the last minute; quantile 1 is the longest.",
    rows: ({ loopDelay }) => [
      { labels: { quantile: '0.99' }, value: loopDelay.p99 / 1000 },
      { labels: { quantile: '1' }, value: loopDelay.max / 1000 },
    ],
  },
  {
    name: 'cluster_up_app_info',
    type: 'gauge',
    help: 'Mode of the app and the revision that the file asks for; always 1.',
    rows: perApp(({ state: { mode, revision } }) => [{ labels: { mode, revision }, value: 1 }]),
  },
  {
    name: 'cluster_up_code_info',
    type: 'gauge',
    help: 'Code that the app is to run, and where that is from; always 1.',
    rows: ({ apps }) =>
      apps.flatMap(({ state: { name, code } }) =>
        code === undefined ? [] : [{ labels: { app: name, code: code.id, from: code.from }, value: 1 }],
      ),
  },
  {
    name: 'cluster_up_app_workers_desired',
    type: 'gauge',
    help: 'Workers that the file asks for.',
    rows: perApp(({ state }) => [{ labels: {}, value: state.desired }]),
  },
  {
    name: 'cluster_up_app_workers',
    type: 'gauge',
    help: 'Workers by status; backoff, errored and stopped are said of slots without a process.',
    rows: perApp(({ workers }) => byLabel('status', workers)),
  },
  {
    name: 'cluster_up_app_rolling',
    type: 'gauge',
    help: '1 while a rollout of the app is under way.',
    rows: perApp(({ state }) => [{ labels: {}, value: Number(state.rollout.state === 'progressing') }]),
  },
  {
    name: 'cluster_up_rollouts_total',
    type: 'counter',
    help: 'Rollouts that have ended, the first start included, by result.',
    rows: perApp(({ tally }) => byLabel('result', tally.rollouts)),
  },
  {
    name: 'cluster_up_worker_restarts_total',
    type: 'counter',
    help: 'Workers that were lost or given up, by reason.',
    rows: perApp(({ tally }) => byLabel('reason', tally.restarts)),
  },
  {
    name: 'cluster_up_drain_requests_total',
    type: 'counter',
    help: 'Requests that a worker had while it drained, by what became of them.',
    rows: perApp(({ drains: { finished, aborted, cutOff } }) =>
      byLabel('result', { finished, aborted, cut_off: cutOff }),
    ),
  },
  {
    name: 'cluster_up_drain_idle_connections_closed_total',
    type: 'counter',
    help: 'Connections that carried no request while their worker drained, and were closed.',
    rows: perApp(({ drains }) => [{ labels: {}, value: drains.closedIdle }]),
  },
  {
    name: 'cluster_up_worker_cpu_seconds_total',
    type: 'counter',
    help: 'CPU time of the worker and of the processes that it started.',
    rows: perSlot(({ totals }) => (totals === null ? [] : [{ labels: {}, value: totals.cpuMs / 1000 }])),
  },
  {
    name: 'cluster_up_worker_memory_bytes',
    type: 'gauge',
    help: 'Resident memory of the worker and of the processes that it started.',
    rows: perSlot(({ memory }) => (memory === null ? [] : [{ labels: {}, value: memory }])),
  },
  {
    name: 'cluster_up_worker_stale',
    type: 'gauge',
    help: '1 if the worker did not answer, so that what is said of it is what it told last.',
    rows: perSlot(({ stale }) => (stale === null ? [] : [{ labels: {}, value: Number(stale) }])),
  },
  {
    name: 'cluster_up_worker_event_loop_delay_seconds',
    type: 'gauge',
    help: 'How much later than planned the event loop came round since the last page; quantile 1 is the longest.',
    rows: counted(({ delay }) => [
      { labels: { quantile: '0.5' }, value: delay.p50 / 1000 },
      { labels: { quantile: '0.99' }, value: delay.p99 / 1000 },
      { labels: { quantile: '1' }, value: delay.max / 1000 },
    ]),
  },
  {
    name: 'cluster_up_worker_event_loop_active_seconds_total',
    type: 'counter',
    help: 'Time in which the event loop was not idle: its rate is the utilization.',
    rows: counted(({ activeMs }) => [{ labels: {}, value: activeMs / 1000 }]),
  },
  {
    name: 'cluster_up_worker_event_loop_idle_seconds_total',
    type: 'counter',
    help: 'Time in which the event loop waited for something to do.',
    rows: counted(({ idleMs }) => [{ labels: {}, value: idleMs / 1000 }]),
  },
  {
    name: 'cluster_up_http_requests_total',
    type: 'counter',
    help: 'HTTP requests with a complete response, by class of its status.',
    rows: counted(({ responses }) =>
      responses.map((value, i) => ({ labels: { code: `${i + 1}xx` }, value })),
    ),
  },
  {
    name: 'cluster_up_http_requests_aborted_total',
    type: 'counter',
    help: 'HTTP requests whose connection or stream ended before their response was complete.',
    rows: counted(({ aborted }) => [{ labels: {}, value: aborted }]),
  },
  {
    name: 'cluster_up_http_requests_in_flight',
    type: 'gauge',
    help: 'HTTP requests that have begun and not ended.',
    rows: counted((_totals, { inFlight }) => [{ labels: {}, value: inFlight }]),
  },
  {
    name: 'cluster_up_http_request_duration_seconds',
    type: 'histogram',
    help: 'From the head of the request to the end of its response, of requests with a complete response.',
    rows: counted(({ buckets, seconds }) => histogram(buckets, seconds)),
  },
];

function perApp(rows: (app: AppSnapshot) => readonly Row[]): Metric['rows'] {
  return ({ apps }) =>
    apps.flatMap((app) =>
      rows(app).map((row) => ({ ...row, labels: { app: app.state.name, ...row.labels } })),
    );
}

function perSlot(rows: (slot: SlotSnapshot) => readonly Row[]): Metric['rows'] {
  return perApp(({ slots }) =>
    slots.flatMap((slot) =>
      rows(slot).map((row) => ({ ...row, labels: { slot: slot.slot, ...row.labels } })),
    ),
  );
}

/** Of slots where a worker has told what it counted: not in fork mode, and not before its first answer. */
function counted(rows: (totals: SlotTotals, slot: SlotSnapshot) => readonly Row[]): Metric['rows'] {
  return perSlot((slot) => (slot.totals?.hasCounted === true ? rows(slot.totals, slot) : []));
}

function byLabel(label: string, values: Readonly<Record<string, number>>): Row[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function histogram(buckets: readonly number[], seconds: number): Row[] {
  let count = 0;
  const rows = buckets.map((value, i): Row => {
    count += value;
    return { labels: { le: BOUNDS[i] ?? '+Inf' }, value: count, suffix: '_bucket' };
  });
  return [
    ...rows,
    { labels: {}, value: seconds, suffix: '_sum' },
    { labels: {}, value: count, suffix: '_count' },
  ];
}
