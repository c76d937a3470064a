/**
 * The whole, put together: each part is handed what it needs of the others and of the world (assembly/ has the parts of a
 * kind). The loop is in reconciler.ts, the beginning and the end are in lifecycle.ts.
 */
import type { Handlers } from '../control/server.ts';
import type { Desired } from '../model/spec.ts';
import { count } from '../model/text.ts';
import {
  applierOf,
  contextOf,
  listenTo,
  reportOf,
  takeoverOf,
  type Options,
  type Parts,
} from './assembly/parts.ts';
import { watchersOf } from './assembly/watchers.ts';
import type { Effects } from './effects.ts';
import { handlersOf } from './handlers.ts';
import type { Session } from './session.ts';
import { nothingOf } from './wanted.ts';

export type { Options };

export interface Supervisor {
  readonly session: Session;
  readonly handlers: Handlers;
  /** Takes over what a supervisor that died has left, and makes it so; unless the end comes first. */
  readonly start: () => Promise<void>;
  /** Drains everything; resolves when the last process has gone. */
  readonly end: (orphans?: 'end' | 'leave') => Promise<void>;
  /** Resolves once it has ended, whoever asked for it. */
  readonly ended: () => Promise<void>;
}

/** @param first the file as it was read last */
export function assemble(first: Desired, options: Options, effects: Effects): Supervisor {
  const { events, reloaded } = options;
  const context = contextOf(
    first,
    options,
    effects,
    () => watchers,
    () => takeover,
  );
  const { loop, lifecycle } = context;
  const applier = applierOf(context, () => watchers);
  const watchers = watchersOf({
    ...{ effects, events, loop, reloaded },
    file: first.file,
    isRunning: () => lifecycle.phase === 'running',
    applyFile: (desired) => applier.applyFile(desired),
    reload: (app, cause) => applier.reload(app, cause),
  });
  const takeover = takeoverOf(context);
  const report = reportOf(context, watchers, takeover);
  const parts = { ...context, applier, watchers, takeover, report };
  listenTo(parts);
  return supervisorOf(parts);
}

function supervisorOf(parts: Parts): Supervisor {
  const { effects, lifecycle, watchers, takeover } = parts;
  let stopKeeping = (): void => {};
  const takeOver = async (): Promise<void> => {
    await endPrograms(parts);
    stopKeeping = effects.keepState();
    if (!lifecycle.isOver) await takeover.find();
  };
  const last = (): void => {
    stopKeeping();
    effects.reserve.drop();
    for (const list of [effects.programs, effects.workers]) list.tidy();
  };
  const end = (orphans: 'end' | 'leave' = 'end'): Promise<void> =>
    lifecycle.end(() => drain(parts, orphans), last);
  const look: Look = (accepts) =>
    // Nothing starts before what may be taken over has been.
    lifecycle.whileRunning(async () => {
      await watchers.follower.look(accepts);
      return watchers.follower.error;
    });
  return {
    session: sessionOf(parts, () => look()),
    handlers: commandsOf(parts, look, () => end()),
    start: () => lifecycle.start(takeOver, () => begin(parts)),
    end,
    ended: () => lifecycle.ended(),
  };
}

/** Reads the file and applies it if it has changed; resolves with why it could not be, or null. */
type Look = (accepts?: (desired: Desired) => boolean) => Promise<string | null>;

/** Programs of a supervisor that died do not know it, and their replacements must not run beside them. */
async function endPrograms({ effects, options }: Parts): Promise<void> {
  const left = await effects.programs.endLeftovers();
  const processes = count(left, 'process', 'processes');
  if (left > 0)
    options.events.say({ level: 'info', text: `ended ${processes} of a supervisor that had died` });
}

function begin({ first, options, watchers: { follower }, applier }: Parts): void {
  follower.seen(first);
  applier.applyFile(first);
  if (options.watch) follower.start();
}

/** Resolves when the last process has gone. */
async function drain(parts: Parts, orphans: 'end' | 'leave'): Promise<void> {
  const { first, options, wanted, loop, watchers, takeover, output } = parts;
  options.ending();
  try {
    watchers.close();
    if (orphans === 'leave') takeover.letGo();
    loop.apply(nothingOf(loop.reconciler.desired ?? first));
    await Promise.all([loop.outcomes.gone(), orphans === 'end' ? takeover.end() : null]);
    // Where the end came before anything was started, they were taken over for nobody.
    for (const name of wanted.names) loop.sockets.release(name);
    await output.files.end();
  } catch (error) {
    options.faults.tell('the end', error);
  }
}

function commandsOf(parts: Parts, look: Look, end: () => Promise<void>): Handlers {
  const { lifecycle, report, wanted, applier, history, loop, options, output, watchers } = parts;
  const { meters, workers, outcomes } = loop;
  return handlersOf({
    ...{ lifecycle, report, wanted, applier, history, outcomes, look, end },
    events: options.events,
    logs: output.buffer,
    reopenLogs: () => output.files.reopen(),
    metrics: () => meters.read(workers.handles),
    metricsPage: () => watchers.metrics.page(),
  });
}

function sessionOf(parts: Parts, look: () => Promise<string | null>): Session {
  const { lifecycle, report, loop, options, output, takeover } = parts;
  return {
    state: () => report.state(),
    get summary() {
      return report.summary();
    },
    wait: () => lifecycle.whileRunning(() => loop.outcomes.wait()),
    pulse: () => loop.outcomes.turn(),
    look,
    say: options.events.say,
    listen: (listener) => options.events.listen(listener),
    reopenLogs: () => output.files.reopen(),
    killAll: () => {
      loop.workers.killAll();
      takeover.killAll();
    },
  };
}
