/** What each operation of the control socket does. */
import { didYouMean } from '../shared/suggest.ts';
import { Refusal, type Call, type Handlers } from '../control/server.ts';
import type { Bringing, LogLine, Metrics, Operations } from '../model/control.ts';
import { EVERY_APP, type Desired } from '../model/spec.ts';
import type { AppReleases } from './app-releases.ts';
import type { Applier } from './applier.ts';
import type { EventLog } from './event-log.ts';
import type { History } from './history.ts';
import { Ending, type Lifecycle } from './lifecycle.ts';
import type { LogBuffer } from './log-buffer.ts';
import type { Outcomes } from './outcomes.ts';
import type { Report } from './report.ts';
import { stream } from './stream.ts';
import type { Wanted } from './wanted.ts';

/** Of a text that is sent in pieces, in UTF-16 units. */
const PIECE = 32_768;

/** Who answers. */
export interface HandlersOptions {
  readonly lifecycle: Lifecycle;
  readonly report: Report;
  readonly wanted: Wanted;
  readonly applier: Applier;
  readonly history: History;
  readonly releases: AppReleases;
  readonly outcomes: Outcomes;
  readonly events: EventLog;
  readonly logs: LogBuffer;
  readonly reopenLogs: () => Promise<number>;
  /** What each worker is doing. */
  readonly metrics: () => Promise<Metrics>;
  /** The page of metrics. */
  readonly metricsPage: () => Promise<{ readonly text: string }>;
  readonly look: Look;
  /** Drains everything; resolves when it has, and the process ends once `down` has been answered. */
  readonly end: () => Promise<void>;
}

/** Reads the file and applies it if it has changed; resolves with why it could not be, or null. */
export type Look = (asked?: Asked) => Promise<string | null>;

export interface Asked extends Bringing {
  /** What has been read is of no effect where it says no. */
  readonly accepts?: (desired: Desired) => Promise<boolean>;
}

export function handlersOf(of: HandlersOptions): Handlers {
  const { lifecycle, report, outcomes } = of;
  /** What the end would undo: nobody is told that it was done. */
  const lasting = <T>(work: () => T | Promise<T>): Promise<T> =>
    lifecycle.whileRunning(work).catch((error: unknown) => {
      throw error instanceof Ending ? new Refusal(error.message) : error;
    });
  return {
    state: () => report.state(),
    metrics: () => of.metrics(),
    scrape: (_args, call) => scrape(of, call),
    apply: (args) => apply(of, args),
    plan: ({ environment }) =>
      lasting(async () => {
        const plan = await report.plan(environment);
        if (plan === null) throw new Refusal('the file is not valid: cluster-up validate says why');
        return plan;
      }),
    show: ({ target }) => show(of, target),
    reload: (args) => lasting(() => replace(of, args, 'reload')),
    restart: (args) => lasting(() => replace(of, args, 'restart')),
    stop: ({ app }) => lasting(() => stopped(of, namesOf(of, app), true)),
    start: ({ app }) => lasting(() => start(of, app)),
    rollback: ({ app, release }) => lasting(() => rollback(of, app, release)),
    releases: ({ app }) => ({ releases: of.releases.list(known(of, app), report.appOf(app)) }),
    wait: () => lasting(() => outcomes.wait()),
    down: (_args, call) => down(of, call),
    logs: (args, call) => logs(of, args, call),
    reopen: async () => ({ files: await of.reopenLogs() }),
    events: (_args, call) => events(of, call),
  };
}

/** Whoever starts what does not run starts it anew after the end, so that is no error. */
async function apply(
  { lifecycle, report, applier, look }: HandlersOptions,
  { plan, ...brought }: Operations['apply']['args'],
): Promise<Operations['apply']['result']> {
  let unchanged = false;
  try {
    const error = await lifecycle.whileRunning(async () => {
      let holds = plan === null;
      const accepts = async (desired: Desired): Promise<boolean> => {
        unchanged = report.isAsAsked(desired) && desired.apps.every(({ source }) => source === undefined);
        return (holds ||= report.planId(await report.foreseen(desired)) === plan);
      };
      const isPlain = plan === null && brought.environment === undefined;
      const rejected = await look(isPlain ? {} : { ...brought, accepts });
      if (!holds)
        throw new Refusal(
          `plan ${plan ?? ''} no longer holds: what runs, the file or the code has changed since; look at a new plan`,
        );
      if (rejected === null) await applier.askAgain();
      return rejected;
    });
    return { error, ending: false, unchanged };
  } catch (error) {
    if (error instanceof Ending) return { error: null, ending: true };
    throw error;
  }
}

/** All of one environment, so what else inherits of it follows. */
async function replace(
  of: HandlersOptions,
  { app, environment }: Operations['reload']['args'],
  what: 'reload' | 'restart',
): Promise<null> {
  if (app !== EVERY_APP) known(of, app);
  if (environment !== undefined) {
    const rejected = await of.look({ environment });
    if (rejected !== null) throw new Refusal(`nothing was done: the file was rejected: ${rejected}`);
  }
  // What is begun by hand is of the code that is there.
  await of.applier.takeCode(namesOf(of, app));
  return reload(of, namesOf(of, app), what);
}

function reload(
  { wanted, applier }: HandlersOptions,
  apps: readonly string[],
  what: 'reload' | 'restart',
): null {
  const { generation } = wanted;
  applier.intend(apps, (intent) => ({
    ...intent,
    reloads: intent.reloads + 1,
    asked: { what, generation },
    // A reload goes on to what the file asks for; a restart is of what runs.
    rollback: what === 'reload' ? null : intent.rollback,
  }));
  return null;
}

function stopped({ applier }: HandlersOptions, apps: readonly string[], value: boolean): null {
  applier.intend(apps, (intent) => ({ ...intent, stopped: value }));
  return null;
}

/** What has no worker begins with the code that is there. */
async function start(of: HandlersOptions, app: string): Promise<null> {
  const names = namesOf(of, app);
  await of.applier.takeCode(names.filter((name) => (of.report.appOf(name)?.workers ?? []).length === 0));
  return stopped(of, namesOf(of, app), false);
}

/** @throws Refusal where there is nothing to go back to, or it is not there any more */
async function rollback(
  of: HandlersOptions,
  app: string,
  release?: string,
): Promise<Operations['rollback']['result']> {
  const { wanted, applier, history, report } = of;
  known(of, app);
  const observed = report.appOf(app);
  const previous = observed === null ? null : history.previous(observed);
  const spec = release === undefined ? previous : await of.releases.specOf(app, release);
  if (spec === null) throw new Refusal(`app "${app}" has no earlier stable revision to go back to`);
  const gone = await applier.whyCodeIsGone(spec);
  if (gone !== null)
    throw new Refusal(`app "${app}" cannot go back to ${spec.revision}: ${gone}; nothing was changed`);
  const { generation } = wanted;
  const from = wanted.specs.find(({ name }) => name === app)?.revision ?? spec.revision;
  applier.intend([app], (intent) => ({
    ...intent,
    reloads: 0,
    asked: { what: 'rollback', generation },
    rollback: { from, spec },
  }));
  return { revision: spec.revision };
}

async function show(of: HandlersOptions, target: string): Promise<Operations['show']['result']> {
  const shown = await of.report.show(target);
  if (shown !== null) return shown;
  known(of, target);
  throw new Refusal(`app "${target}" has not been started yet`);
}

async function down({ events, end }: HandlersOptions, call: Call): Promise<null> {
  const done = events.listen((line) => call.item(line));
  await end();
  done();
  return null;
}

async function logs(of: HandlersOptions, args: Operations['logs']['args'], call: Call): Promise<null> {
  if (args.app !== null && !of.logs.has(args.app)) known(of, args.app);
  const wanted = (line: LogLine): boolean =>
    (args.app === null || line.app === args.app) &&
    (args.stream === null || line.stream === args.stream) &&
    (args.since === null || line.at >= args.since);
  for (const line of of.logs.last(args.lines, wanted)) call.item(line);
  if (args.follow) await stream(call, (push) => of.logs.follow((line) => wanted(line) && push(line)));
  return null;
}

/** In pieces: the page of many workers is longer than one message may be. */
async function scrape(of: HandlersOptions, call: Call): Promise<null> {
  const { text } = await of.metricsPage();
  for (let at = 0; at < text.length && !call.signal.aborted; at += PIECE) {
    if (!call.item(text.slice(at, at + PIECE))) await call.writable();
  }
  return null;
}

async function events(of: HandlersOptions, call: Call): Promise<null> {
  call.item(await of.report.state());
  for (const line of of.events.takeUnheard()) call.item(line);
  await stream(call, (push) => of.events.listen(push));
  return null;
}

/** @throws as `known` */
function namesOf(of: HandlersOptions, app: string): readonly string[] {
  return app === EVERY_APP ? of.wanted.names : [known(of, app)];
}

/** @throws Refusal that says what there is, and what may have been meant. */
function known({ wanted: { names } }: HandlersOptions, app: string): string {
  if (names.includes(app)) return app;
  const meant = didYouMean(app, names);
  throw new Refusal(
    `there is no app "${app}"; there is ${names.join(', ')}${meant === null ? '' : `. ${meant}`}`,
  );
}
