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
import { pruneOnceConverged, sourcesOf } from './assembly/source-parts.ts';
import { watchersOf } from './assembly/watchers.ts';
import { AppReleases } from './app-releases.ts';
import type { Effects } from './effects.ts';
import { Brought } from './brought.ts';
import { handlersOf, type Asked, type Look } from './handlers.ts';
import { resumed } from './kept-intents.ts';
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
export function assemble(first: Desired, options: Options, system: Effects): Supervisor {
  const { events, reloaded } = options;
  const brought = new Brought();
  const sources = sourcesOf(
    system,
    options,
    () => applier,
    () => watchers,
  );
  const effects = sources.over(brought.over(system));
  const context = contextOf(
    first,
    options,
    effects,
    sources,
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
  pruneOnceConverged(parts);
  return supervisorOf(parts, brought);
}

function supervisorOf(parts: Parts, brought: Brought): Supervisor {
  const { effects, lifecycle, takeover } = parts;
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
  // Nothing starts before what may be taken over has been.
  const look: Look = (asked = {}) => lifecycle.whileRunning(() => lookOf(parts, brought, asked));
  return {
    session: sessionOf(parts, () => look()),
    handlers: commandsOf(parts, look, () => end()),
    start: () => lifecycle.start(takeOver, () => begin(parts)),
    end,
    ended: () => lifecycle.ended(),
  };
}

async function lookOf(
  { effects, watchers: { follower } }: Parts,
  brought: Brought,
  { accepts, environment }: Asked,
): Promise<string | null> {
  let rejected: string | null = null;
  if (accepts !== undefined || environment !== undefined) {
    rejected = await follower.lookIf(
      async (desired) => {
        if ((await accepts?.(desired)) === false) return false;
        if (environment !== undefined) brought.take(environment);
        return true;
      },
      () => effects.load(environment),
    );
    if (rejected === null) return follower.error;
  }
  // What is rejected in the environment that was brought may be valid in the one before, which stays then.
  await follower.look();
  return follower.error ?? rejected;
}

/** Programs of a supervisor that died do not know it, and their replacements must not run beside them. */
async function endPrograms({ effects, options }: Parts): Promise<void> {
  const left = await effects.programs.endLeftovers();
  const processes = count(left, 'process', 'processes');
  if (left > 0)
    options.events.say({ level: 'info', text: `ended ${processes} of a supervisor that had died` });
}

function begin({ first, options, effects, wanted, watchers: { follower }, applier }: Parts): void {
  const { intents, lines } = resumed(effects.intents.read(), first.apps);
  wanted.resume(intents);
  lines.forEach(options.events.say);
  follower.seen(first);
  applier.applyFile(first);
  if (options.watch) follower.start();
}

/** Resolves when the last process has gone. */
async function drain(parts: Parts, orphans: 'end' | 'leave'): Promise<void> {
  const { first, options, effects, sources, wanted, loop, watchers, takeover, output } = parts;
  options.ending();
  try {
    watchers.close();
    sources.close();
    if (orphans === 'leave') takeover.letGo();
    else effects.intents.drop();
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
  const { effects, sources } = parts;
  const { meters, workers, outcomes } = loop;
  return handlersOf({
    ...{ lifecycle, report, wanted, applier, history, outcomes, look, end },
    releases: new AppReleases({ effects, sources, wanted }),
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
