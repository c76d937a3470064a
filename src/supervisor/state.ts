/** The state as `ls --json` shows it, from what is desired and what is known. Pure. */
import type { Exit, ObservedApp, ObservedWorker, SlotRecord } from '../model/observed.ts';
import type { Preparation } from '../model/preparation.ts';
import type { AppSpec } from '../model/spec.ts';
import type { AppState, AppStatus, CanaryView, WorkerState, WorkerView } from '../model/state.ts';
import type { Code } from '../model/code.ts';
import { exitText } from '../model/text.ts';
import { isGivenUp } from '../observe/facts/budget.ts';
import { canaries, isHeld, resumeAt } from '../observe/facts/canary.ts';
import { otherCodeText } from '../observe/facts/other-code.ts';
import { specOf } from '../observe/facts/target.ts';
import type { Usage } from '../watchers/processes.ts';

/** What is known of an app besides its workers. */
export interface About {
  /** Of the code that runs. */
  readonly version: string | null;
  /** What it waits for before it starts, or before it leaves, one clause; null if for nothing. */
  readonly waits: string | null;
  /** The files of its code are other ones by now. */
  readonly isCodeChanged: boolean;
}

/** @param usage by pid; empty where nobody asked for it. */
export function appState(
  app: ObservedApp,
  { version, waits, isCodeChanged }: About,
  usage: ReadonlyMap<number, Usage>,
  now: number,
): AppState {
  const { spec, rollout } = app;
  const online = app.workers.filter(({ status }) => status === 'online');
  // Who fails serves on until it is replaced, but not as it should.
  const ready = online.filter(({ failing }) => failing === null).length;
  const updated = app.workers.filter((w) => w.status === 'online' && w.revision === spec.revision).length;
  const workers = [...app.workers.map((worker) => running(app, worker, usage, now)), ...waiting(app)];
  return {
    name: app.name,
    mode: spec.process.mode,
    version,
    ...codeView(spec.process.code, isCodeChanged),
    status: statusOf(app, online.length, ready),
    desired: spec.instances,
    ready,
    revision: spec.revision,
    ...(app.staysFor !== null && app.staysFor.length > 0 ? { leaves: true as const } : {}),
    rollout: {
      // One that stays though it has left the file is as it is to be.
      state: (waits === null || app.staysFor !== null ? rollout?.state : null) ?? 'progressing',
      from: rollout?.from ?? null,
      to: rollout?.to ?? spec.revision,
      updated,
      total: spec.instances,
      message: waits ?? rollout?.message ?? spec.byHand ?? otherCodeText(app),
      ...(isHeld(app) ? { canary: canaryView(app, now) } : {}),
    },
    workers: workers.sort((a, b) => a.slot - b.slot || a.id - b.id),
  };
}

/** Its release is not what its `source` leads to, or that is not known. */
export function withPreparation(app: AppState, { state, message }: Preparation): AppState {
  return { ...app, rollout: { ...app.rollout, state, message } };
}

/** An app that cannot be started before its release is there. */
export function pendingState(spec: AppSpec, preparation: Preparation): AppState {
  const { name, process, instances, revision } = spec;
  const { state, message } = preparation;
  return {
    name,
    mode: process.mode,
    version: null,
    status: state === 'failed' ? 'errored' : 'starting',
    desired: instances,
    ready: 0,
    revision,
    rollout: { state, from: null, to: revision, updated: 0, total: instances, message },
    workers: [],
  };
}

function codeView(code: Code | undefined, changed: boolean): Pick<AppState, 'code'> {
  if (code === undefined) return {};
  const { id, from, folder } = code;
  return { code: { id, from, folder, changed } };
}

function canaryView(app: ObservedApp, now: number): CanaryView {
  const at = resumeAt(app);
  return { workers: canaries(app), goesOnInMs: at === null ? null : Math.max(0, Math.round(at - now)) };
}

function statusOf(app: ObservedApp, online: number, ready: number): AppStatus {
  const { spec, rollout } = app;
  if (spec.instances === 0) return 'stopped';
  if (rollout === null || rollout.state === 'progressing')
    return app.stable === null ? 'starting' : 'rolling';
  const ended = app.slots.filter((record) => record.done && record.slot < spec.instances).length;
  if (ended === spec.instances) return 'stopped';
  if (online === 0 && (rollout.state === 'failed' || app.slots.some((record) => isGivenUp(app, record))))
    return 'errored';
  return ready + ended < spec.instances ? 'degraded' : 'online';
}

function running(
  app: ObservedApp,
  worker: ObservedWorker,
  usage: ReadonlyMap<number, Usage>,
  now: number,
): WorkerView {
  const record = app.slots.find(({ slot, revision }) => slot === worker.slot && revision === worker.revision);
  const { cpu = null, memory = null } = (worker.pid === null ? undefined : usage.get(worker.pid)) ?? {};
  return {
    id: worker.id,
    slot: worker.slot,
    pid: worker.pid,
    status: worker.status,
    revision: worker.revision,
    ...codeOf(app, worker),
    restarts: record?.restarts ?? 0,
    uptimeMs: Math.round(now - worker.startedAt),
    cpu,
    memory,
    reason: worker.failing?.cause ?? worker.unfit ?? (record === undefined ? null : reasonOf(record.exit)),
  };
}

/** What a worker was started from. */
function codeOf(app: ObservedApp, { revision, otherCode }: ObservedWorker): Pick<WorkerView, 'code'> {
  const code = otherCode ?? specOf(app, revision).process.code?.id;
  return code === undefined ? {} : { code };
}

/** Slots that have no process now, with why. */
function waiting(app: ObservedApp): WorkerView[] {
  return app.slots
    .filter(
      (record) => record.slot < app.spec.instances && !app.workers.some(({ slot }) => slot === record.slot),
    )
    .map((record) => ({
      id: record.worker,
      slot: record.slot,
      pid: null,
      status: waitingStatus(app, record),
      revision: record.revision,
      restarts: record.restarts,
      uptimeMs: null,
      cpu: null,
      memory: null,
      reason: reasonOf(record.exit),
    }));
}

function waitingStatus(app: ObservedApp, record: SlotRecord): WorkerState {
  if (record.done) return 'stopped';
  return isGivenUp(app, record) ? 'errored' : 'backoff';
}

function reasonOf(exit: Exit): string {
  return exit.reason ?? exitText(exit);
}
