/** Whatever looks at the file, at workers or at their sources and tells the loop, put together. */
import type { Loaded } from '../../config/load-ecosystem.ts';
import type { ObservedApp } from '../../model/observed.ts';
import { askedByHand } from '../../observe/report/converged.ts';
import type { Desired } from '../../model/spec.ts';
import { Follower } from '../../watchers/file/follow.ts';
import { HealthWatch } from '../../watchers/health/health.ts';
import { ListenWatch } from '../../watchers/health/listen-watch.ts';
import { stoodText, type LoopWatch } from '../../watchers/loop-delay.ts';
import { CodeWatch } from '../../watchers/sources/code-watch.ts';
import { Triggers } from '../../watchers/triggers.ts';
import type { Effects } from '../effects.ts';
import type { EventLog } from '../event-log.ts';
import type { Loop } from './loop.ts';
import { Metrics } from '../metrics/metrics.ts';
import type { Unfitness } from '../metrics/tally.ts';
import { version } from '../version.ts';

/** What they look at, and whom they tell. */
export interface Watched {
  readonly effects: Effects;
  readonly events: EventLog;
  readonly loop: Loop;
  /** Absolute path of the ecosystem file. */
  readonly file: string;
  readonly isRunning: () => boolean;
  /** The file has changed: it is to be applied, or (`desired` is null) was rejected. */
  readonly reloaded: (loaded: Loaded) => void;
  readonly applyFile: (desired: Desired) => void;
  /** Roll the app, with why. */
  readonly reload: (app: string, cause: string) => void;
}

export interface Watchers {
  readonly follower: Follower;
  readonly triggers: Triggers;
  readonly codes: CodeWatch;
  readonly health: HealthWatch;
  readonly listens: ListenWatch;
  readonly metrics: Metrics;
  readonly loopDelay: Pick<LoopWatch, 'delay'>;
  /** Whether what runs is what the file asks for: nothing is while it begins or ends, or where the file is rejected. */
  readonly isConverged: () => boolean;
  /** They look no more. */
  readonly close: () => void;
}

export function watchersOf(watched: Watched): Watchers {
  const { effects, events, loop, isRunning } = watched;
  const follower = followerOf(watched);
  const loopDelay = effects.watchLoop({
    stood: (ms) => events.say({ level: 'bad', text: stoodText(ms) }),
  });
  const isByHand = (): boolean => askedByHand(loop.reconciler.desired?.apps ?? []).length > 0;
  const isConverged = (): boolean =>
    loop.outcomes.isConverged && follower.error === null && isRunning() && !isByHand();
  const metrics = new Metrics({
    apps: () => loop.reconciler.observed.apps,
    now: effects.timers.now,
    ask: () => loop.meters.read(loop.workers.handles),
    keepMeasuring: (bounds) => loop.workers.keepMeasuring(bounds),
    whole: () => ({
      version,
      converged: isConverged(),
      rejected: follower.error !== null,
      plans: loop.reconciler.plans,
      loopDelay: loopDelay.delay,
    }),
    say: events.say,
  });
  const listens = listenWatchOf(watched);
  const codes = codeWatchOf(watched);
  const { triggers, health } = replacersOf(watched, (app, reason) => metrics.replaced(app, reason));
  const all = [follower, triggers, codes, health, listens, metrics, loopDelay];
  return {
    ...{ follower, triggers, codes, health, listens, metrics, loopDelay, isConverged },
    close: () => all.forEach((watcher) => watcher.close()),
  };
}

function followerOf({ effects, events, file, reloaded, applyFile }: Watched): Follower {
  const { load, wayTo, watchPlaces } = effects;
  return new Follower({
    file,
    load,
    wayTo,
    watch: watchPlaces,
    applied: (desired, loaded) => {
      reloaded(loaded);
      applyFile(desired);
    },
    rejected: reloaded,
    warn: (text) => events.say({ level: 'bad', text }),
  });
}

function codeWatchOf({ effects, events, loop: { reconciler } }: Watched): CodeWatch {
  return new CodeWatch({
    clock: effects.timers.now,
    apps: () => reconciler.observed.apps,
    look: effects.lookAtCode,
    watch: effects.watchPlaces,
    note: (event) => reconciler.note(event),
    say: (text, level) => events.say({ level, text }),
  });
}

function listenWatchOf({ effects, events, loop: { reconciler } }: Watched): ListenWatch {
  return new ListenWatch({
    clock: effects.timers.now,
    apps: () => reconciler.observed.apps,
    portOfTree: effects.portOfTree,
    note: (event) => reconciler.note(event),
    say: (text, level) => events.say({ level, text }),
  });
}

/** Those that have workers replaced, each for its reason. */
function replacersOf(
  { effects, events, loop: { reconciler, workers }, reload }: Watched,
  replaced: (app: string, reason: Unfitness) => void,
): Pick<Watchers, 'triggers' | 'health'> {
  const clock = effects.timers.now;
  const apps = (): readonly ObservedApp[] => reconciler.observed.apps;
  const say = (text: string, level: 'info' | 'bad'): void => events.say({ level, text });
  const unfit = (reason: Unfitness) => (app: string, id: number, cause: string) => {
    replaced(app, reason);
    reconciler.note({ type: 'unfit', at: clock(), app, id, cause });
  };
  // Its own: each interval of CPU time belongs to whoever asked.
  const processes = effects.processes();
  const triggers = new Triggers({
    ...{ clock, apps, reload, say },
    usage: (ages) => processes.usage(ages),
    unfit: unfit('memory'),
    watchSources: effects.watchSources,
  });
  const health = new HealthWatch({
    ...{ clock, apps, say },
    questions: (worker) => workers.questions(worker),
    note: (event) => reconciler.note(event),
    unfit: unfit('health'),
  });
  return { triggers, health };
}
