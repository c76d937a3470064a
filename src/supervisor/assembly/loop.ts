/** The loop put together: what it plans with, what it moves, and who is told once it has turned. */
import type { Timers } from '../../model/clock.ts';
import type { Notice } from '../../model/notice.ts';
import type { Observed } from '../../model/observed.ts';
import type { WorkerEvent } from '../../model/worker-event.ts';
import type { Reading } from '../../model/protocol.ts';
import type { AppSpec, Desired } from '../../model/spec.ts';
import { messageOf } from '../../model/text.ts';
import { needs } from '../../observe/facts/trade.ts';
import { isToBegin } from '../../observe/facts/attempt.ts';
import { isOnItsWayBack } from '../../observe/facts/rollback.ts';
import { isAwaited } from '../../sockets/names-port.ts';
import type { Launch, OutputSink } from '../../workers/handle.ts';
import { HeldSockets } from '../../sockets/held-sockets.ts';
import { Attempts } from '../attempts.ts';
import { Departures } from '../departures.ts';
import type { Effects } from '../effects.ts';
import { Executor } from '../executor.ts';
import { guarded, type Failed } from '../guarded.ts';
import { Meters } from '../meters.ts';
import { noticesOf } from '../notices.ts';
import { Outcomes } from '../outcomes.ts';
import { ownerOf } from '../owner.ts';
import { Reconciler } from '../reconciler.ts';
import { Returns } from '../returns.ts';
import { RunningWorkers } from '../running-workers.ts';
import { Waits } from '../waits.ts';
import { newsOf } from '../worker-news.ts';

/** Whom it tells. */
export interface Around {
  readonly sink: OutputSink;
  /** Must not throw. */
  readonly notify: (notice: Notice) => void;
  readonly failed: Failed;
  /** A process has been started. */
  readonly started: (pid: number, spec: AppSpec) => void;
  /** A worker has told what it counted; `before` is what it told the last time, null for the first. */
  readonly measured: (launch: Launch, before: Reading | null, now: Reading) => void;
  /** A worker has gone. */
  readonly ended: (worker: number) => void;
  /** What is known of the workers may have changed. */
  readonly turned: () => void;
  /** All is as desired now, and was not before. */
  readonly converged: () => void;
}

export interface Loop {
  readonly reconciler: Reconciler;
  readonly outcomes: Outcomes;
  readonly workers: RunningWorkers;
  readonly meters: Meters;
  readonly sockets: HeldSockets;
  /** Makes it so. */
  readonly apply: (desired: Desired) => void;
}

type Effected = Pick<Effects, 'timers' | 'plan' | 'start' | 'owner' | 'sockets' | 'reserve'>;

export function loopOf(effects: Effected, around: Around): Loop {
  const { timers, plan } = effects;
  const { notify, failed } = around;
  const sockets = socketsOf(effects, notify, () => reconciler);
  const workers = workersOf(timers, notify);
  const meters = new Meters(timers);
  const executor = executorOf(effects, around, { sockets, workers, meters }, (event) => {
    if (event.type === 'exited') ended(event, around, reconciler.observed, departures);
    reconciler.note(event);
  });
  const [departures, returns] = [new Departures(), new Returns()];
  const settle = (names: readonly string[]): void => names.forEach((name) => sockets.settle(name));
  const outcomes = new Outcomes({
    timers,
    planSoon: () => reconciler.planSoon(),
    converged: ({ apps }) => {
      settle(apps.map(({ name }) => name));
      around.converged();
    },
  });
  const reconciler = new Reconciler({
    timers,
    plan,
    execute: (step, spec) => executor.execute(step, spec),
    notify,
    turned: turnedOf(timers, around, (desired, observed) => {
      outcomes.look(desired, observed);
      settle([...returns.look(observed), ...(outcomes.isConverged ? departures.take() : [])]);
    }),
    failed,
  });
  const apply = (desired: Desired): void => {
    outcomes.begin();
    workers.serveOn(desired.orphanTimeout);
    reconciler.apply(desired);
  };
  return { reconciler, outcomes, workers, meters, sockets, apply };
}

function workersOf(timers: Timers, notify: Around['notify']): RunningWorkers {
  return new RunningWorkers({
    attempts: new Attempts(timers),
    failed: (app, slot, what, error) => notify({ type: 'failed', app, slot, what, reason: messageOf(error) }),
  });
}

/** What is looked at once the loop has turned, in this order. */
function turnedOf(
  timers: Timers,
  { notify, failed, turned }: Around,
  look: (desired: Desired, observed: Observed) => void,
): (desired: Desired, observed: Observed) => void {
  const waits = new Waits(notify);
  return (desired, observed) => {
    guarded('telling what has become of it', failed, () => {
      waits.look(observed, timers.now());
      look(desired, observed);
    });
    guarded('looking at the workers', failed, turned);
  };
}

/** @param observed as it was before */
function ended(
  event: Extract<WorkerEvent, { type: 'exited' }>,
  around: Around,
  observed: Observed,
  departures: Departures,
): void {
  departures.note(event, observed);
  noticesOf(event, observed).forEach(around.notify);
  guarded('counting a worker that has gone', around.failed, () => around.ended(event.id));
}

function executorOf(
  effects: Effected,
  around: Around,
  { sockets, workers, meters }: Pick<Loop, 'sockets' | 'workers' | 'meters'>,
  event: (event: WorkerEvent) => void,
): Executor {
  const { timers, start, reserve, owner } = effects;
  const { failed, notify, sink } = around;
  return new Executor({
    timers,
    workers,
    sockets,
    reserve,
    event,
    start: (launch, news) => start(launch, sockets, owner, sink, news),
    started: (pid, spec) =>
      guarded('writing down which processes there are', failed, () => around.started(pid, spec)),
    news: newsOf({
      timers,
      workers,
      meters,
      event,
      notify,
      measured: (launch, before, now) =>
        guarded('adding up what was measured', failed, () => around.measured(launch, before, now)),
      whoHas: (app, port) => sockets.whoHas(app, port),
      review: () => sockets.review(),
    }),
  });
}

function socketsOf(
  { sockets, timers }: Effected,
  notify: Around['notify'],
  known: () => { readonly desired: Desired | null; readonly observed: Observed },
): HeldSockets {
  const isRolling = (name: string): boolean => {
    const { desired, observed } = known();
    const app = observed.apps.find((candidate) => candidate.name === name);
    if (app === undefined) return false;
    // Also where its rollout is only about to begin, and on the way back from one that has failed.
    const isAhead = app.rollout?.state === 'progressing' || isToBegin(app, desired?.generation ?? '');
    return isAhead || isOnItsWayBack(app);
  };
  return new HeldSockets(
    {
      isWanted: (app) => known().desired?.apps.some(({ name }) => name === app) ?? false,
      isStaying: (app) =>
        known().observed.apps.some(({ name, staysFor }) => name === app && (staysFor ?? []).length > 0),
      isRolling,
      needs: (app) => needs(app, known().observed, timers.now()),
      isAwaited: (app, port) => isAwaited(app, port, known().observed.apps, isRolling),
      workerOf: (pid) => ownerOf(known().observed, pid),
      refuse: (app, reason) => notify({ type: 'refused', app, reason }),
    },
    sockets,
  );
}
