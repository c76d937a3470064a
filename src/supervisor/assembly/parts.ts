/** The parts put together, but for those of the loop and those that watch. */
import type { Loaded } from '../../config/load-ecosystem.ts';
import type { Desired } from '../../model/spec.ts';
import type { ObservedApp } from '../../model/observed.ts';
import { rejectionText } from '../../model/text.ts';
import type { OutputSink } from '../../workers/handle.ts';
import { Addresses } from '../addresses.ts';
import { Applier } from '../applier.ts';
import type { Effects } from '../effects.ts';
import type { EventLog } from '../event-log.ts';
import type { Faults } from '../faults.ts';
import { History } from '../history.ts';
import { Lifecycle } from '../lifecycle.ts';
import { keptOf } from '../kept-intents.ts';
import { NoticeLines } from '../notice-lines.ts';
import { Notices } from '../notices.ts';
import { Report } from '../report.ts';
import type { AppSources } from '../app-sources.ts';
import { dispositionOf, isAnyArriving, ownerOf } from '../takeover/disposition.ts';
import { Takeover } from '../takeover/takeover.ts';
import { version } from '../version.ts';
import { Wanted } from '../wanted.ts';
import { loopOf, type Loop } from './loop.ts';
import { outputOf, type Output } from './output.ts';
import type { Watchers } from './watchers.ts';

/** What whoever runs a supervisor wants of it. */
export interface Options {
  readonly events: EventLog;
  readonly faults: Faults;
  /** Follow edits of the file. */
  readonly watch: boolean;
  /** Where output is shown besides being kept; null where nobody looks. */
  readonly sink: OutputSink | null;
  /** The file has changed: it is being applied, or (`desired` is null) was rejected. */
  readonly reloaded: (loaded: Loaded) => void;
  /** Everything is going to be drained, whoever asked for it. */
  readonly ending: () => void;
}

/** The parts that others are made of. */
export interface Parts extends Context {
  readonly watchers: Watchers;
  readonly applier: Applier;
  readonly takeover: Takeover;
  readonly report: Report;
}

/** The parts that need none of those that watch. */
export interface Context {
  readonly first: Desired;
  readonly options: Options;
  readonly effects: Effects;
  readonly sources: AppSources;
  readonly wanted: Wanted;
  readonly lifecycle: Lifecycle;
  readonly notices: Notices;
  readonly history: History;
  readonly output: Output;
  readonly loop: Loop;
  readonly addresses: Addresses;
  readonly lines: NoticeLines;
}

export function contextOf(
  first: Desired,
  options: Options,
  effects: Effects,
  sources: AppSources,
  watchers: () => Watchers,
  takeover: () => Takeover,
): Context {
  const { events, faults, sink } = options;
  const lifecycle = new Lifecycle();
  const notices = new Notices(faults.tell);
  const output = outputOf(events, faults, sink);
  const loop = loopOf(effects, {
    sink: output.sink,
    notify: notices.tell,
    failed: faults.tell,
    started: (pid, { process: { mode, user }, stop }) => {
      watchers().codes.started();
      if (mode === 'fork') effects.programs.add(pid, stop);
      // Another user's cannot wait where it would be found.
      else if (user === null) effects.workers.add(pid, stop);
    },
    measured: ({ id, slot, spec }, before, now) =>
      watchers().metrics.told(id, { app: spec.name, slot }, before, now),
    ended: (worker) => watchers().metrics.ended(worker),
    turned: () => {
      watchers().health.look();
      watchers().listens.look();
      takeover().makeWay(loop.reconciler.observed.apps);
    },
    converged: () => {
      if (!lifecycle.isOver) notices.tell({ type: 'converged' });
    },
  });
  const addresses = new Addresses();
  const lines = linesOf({ first, effects, loop, addresses }, watchers);
  const wanted = wantedOf(first, sources, loop);
  const history = new History();
  const own = { first, options, effects, sources, wanted };
  return { ...own, lifecycle, notices, history, output, loop, addresses, lines };
}

function wantedOf(first: Desired, sources: AppSources, { reconciler }: Loop): Wanted {
  return new Wanted(
    first,
    (spec) => sources.preparationOf(spec),
    () => reconciler.observed,
  );
}

function linesOf(
  { first, effects, loop, addresses }: Pick<Context, 'first' | 'effects' | 'loop' | 'addresses'>,
  watchers: () => Watchers,
): NoticeLines {
  const rejection = (): string | null => {
    const { error } = watchers().follower;
    return error === null ? null : rejectionText(first.file, error);
  };
  return new NoticeLines({
    clock: effects.timers.now,
    lastWords: (ids) => loop.workers.lastWords(ids),
    rejection,
    addressesOf: (app) => addresses.of(app),
  });
}

export function applierOf(context: Context, watchers: () => Watchers): Applier {
  const { options, effects, sources, wanted, lifecycle, history, output, loop, lines } = context;
  return new Applier({
    wanted,
    sources,
    releases: effects.releases,
    observed: () => loop.reconciler.observed,
    isOver: () => lifecycle.isOver,
    keepOnly: ({ specs, names, known }) => {
      output.files.apply(specs);
      output.buffer.keepOnly(known);
      // Should its name come back, it is to be what it was.
      history.keepOnly(names);
      wanted.keepOnly(names);
    },
    apply: (desired) => {
      lines.begin();
      loop.apply(desired);
    },
    lookAtCode: effects.lookAtCode,
    followers: {
      'watching the code': (desired) => watchers().codes.follow(desired),
      'watching the apps': (desired) => watchers().triggers.follow(desired),
      'keeping what was asked for by hand': () => effects.intents.keep(keptOf(wanted.intents)),
      measuring: (desired) => watchers().metrics.follow(desired.metrics ?? null),
    },
    failed: options.faults.tell,
  });
}

export function takeoverOf({ options, effects, wanted, lifecycle, notices, loop }: Context): Takeover {
  const { reconciler, sockets } = loop;
  return new Takeover({
    system: effects.orphans,
    timers: effects.timers,
    left: () => effects.workers.left,
    dispositionOf: (app, ports) => dispositionOf(app, ports, wanted.all, reconciler.observed.apps),
    adopt: (app, offer, handle, orphan) =>
      sockets.adopt(ownerOf(app, offer.query.port, wanted.all), offer, handle, orphan),
    released: (orphan, hasEnded) => sockets.orphanReleased(orphan, hasEnded),
    isKnown: (app) => reconciler.observed.apps.some(({ name }) => name === app),
    isArriving: () =>
      !lifecycle.isOver && (wanted.file === null || isAnyArriving(wanted.all, reconciler.observed.apps)),
    release: (app) => sockets.release(app),
    drained: (drained) => notices.tell({ type: 'retired', ...drained }),
    say: options.events.say,
    failed: options.faults.tell,
  });
}

export function reportOf(
  context: Context,
  { follower, codes, loopDelay, isConverged }: Watchers,
  takeover: Takeover,
): Report {
  const { first, effects, wanted, lifecycle, loop, addresses, output } = context;
  const processes = effects.processes();
  return new Report({
    file: first.file,
    version,
    clock: effects.timers.now,
    wanted,
    known: () => loop.reconciler,
    isConverged,
    rejection: () => follower.error,
    leftovers: () => {
      // Nothing else is on the list of programs before it has begun.
      const programs = lifecycle.phase === 'starting' ? effects.programs.left : [];
      return [...programs.map(({ pid }) => ({ pid, app: null, slot: null })), ...takeover.living];
    },
    onDisk: effects.onDisk,
    isCodeChanged: (app) => codes.isChanged(app),
    load: effects.load,
    releases: effects.releases,
    usage: (ages) => processes.usage(ages),
    versions: effects.versions,
    loopDelay: () => loopDelay.delay,
    canReusePort: effects.sockets.canReusePort,
    addressesOf: (app) => addresses.of(app),
    logFilesOf: (app) => output.files.state(app),
  });
}

/** Who hears of what happens, in this order; a step is told of before it takes effect. */
export function listenTo({
  options,
  effects,
  wanted,
  notices,
  history,
  loop,
  addresses,
  lines,
  watchers,
  takeover,
}: Parts): void {
  const { metrics, follower, triggers } = watchers;
  const apps = (): readonly ObservedApp[] => loop.reconciler.observed.apps;
  notices.listen((notice) => metrics.noticed(notice));
  notices.listen((notice) => {
    if (notice.type !== 'step' || notice.step.kind !== 'complete') return;
    const app = apps().find(({ name }) => name === notice.step.app);
    // The stable revision is still the one before.
    if (app !== undefined) history.remember(app);
  });
  notices.listen((notice) => addresses.noticed(notice, apps()));
  notices.listen((notice) => lines.of(notice, loop.reconciler.observed).forEach(options.events.say));
  notices.listen((notice) => takeover.noticed(notice, wanted.names));
  notices.listen((notice) => {
    const isFailure = notice.type === 'step' && notice.step.kind === 'fail';
    if (isFailure || notice.type === 'converged') follower.check();
  });
  notices.listen((notice) => {
    if (notice.type !== 'step') return;
    const { kind, app } = notice.step;
    if (kind === 'complete' || kind === 'fail') effects.timers.soon(() => triggers.settled(app));
  });
}
