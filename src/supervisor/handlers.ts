/** What each operation of the control socket does to a session. */
import { didYouMean } from '../shared/suggest.ts';
import { Refusal, type Call, type Handlers } from '../control/server.ts';
import type { LogLine, Operations } from '../model/control.ts';
import { MASK, maskArguments, maskCommandLine, maskLines } from '../shared/mask.ts';
import { EVERY_APP, type ProcessSpec } from '../model/spec.ts';
import { Ending, type Lifecycle } from './lifecycle.ts';
import type { Session } from './session.ts';

/** Of a text that is sent in pieces, in UTF-16 units. */
const PIECE = 32_768;

/** @param end drains everything; resolves when it has, and the process ends once `down` has been answered. */
export function handlersOf(session: Session, lifecycle: Lifecycle, end: () => Promise<void>): Handlers {
  /** What the end would undo: nobody is told that it was done. */
  const lasting = <T>(work: () => T | Promise<T>): Promise<T> =>
    lifecycle.whileRunning(work).catch((error: unknown) => {
      throw error instanceof Ending ? new Refusal(error.message) : error;
    });
  return {
    state: () => session.state(),
    metrics: () => session.metrics(),
    scrape: (_args, call) => scrape(session, call),
    apply: ({ plan }) => apply(session, lifecycle, plan),
    plan: () =>
      lasting(async () => {
        const plan = await session.plan();
        if (plan === null) throw new Refusal('the file is not valid: cluster-up validate says why');
        return plan;
      }),
    show: ({ target }) => show(session, target),
    reload: ({ app }) => lasting(() => forEach(session, app, (name) => reload(session, name, 'reload'))),
    restart: ({ app }) => lasting(() => forEach(session, app, (name) => reload(session, name, 'restart'))),
    stop: ({ app }) => lasting(() => forEach(session, app, (name) => stopped(session, name, true))),
    start: ({ app }) => lasting(() => forEach(session, app, (name) => stopped(session, name, false))),
    rollback: ({ app }) => lasting(() => rollback(session, app)),
    wait: () => lasting(() => session.wait()),
    down: async (_args, call) => {
      const done = session.listen((line) => call.item(line));
      await end();
      done();
      return null;
    },
    logs: (args, call) => logs(session, args, call),
    reopen: async () => ({ files: await session.reopenLogs() }),
    events: (_args, call) => events(session, call),
  };
}

/** Whoever starts what does not run starts it anew after the end, so that is no error. */
async function apply(
  session: Session,
  lifecycle: Lifecycle,
  plan: string | null,
): Promise<Operations['apply']['result']> {
  try {
    const error = await lifecycle.whileRunning(async () => {
      if (plan === null) return session.look();
      if (await session.applyPlan(plan)) return null;
      throw new Refusal(
        `plan ${plan} no longer holds: what runs or the file has changed since; look at a new plan`,
      );
    });
    return { error, ending: false };
  } catch (error) {
    if (error instanceof Ending) return { error: null, ending: true };
    throw error;
  }
}

function reload(session: Session, app: string, what: 'reload' | 'restart'): void {
  const { generation } = session;
  session.intend(app, (intent) => ({ ...intent, reloads: intent.reloads + 1, asked: { what, generation } }));
}

function stopped(session: Session, app: string, value: boolean): void {
  session.intend(app, (intent) => ({ ...intent, stopped: value }));
}

function rollback(session: Session, app: string): Operations['rollback']['result'] {
  known(session, app);
  const spec = session.previous(app);
  if (spec === null) throw new Refusal(`app "${app}" has no earlier stable revision to go back to`);
  const { generation } = session;
  session.intend(app, (intent) => ({
    ...intent,
    reloads: 0,
    asked: { what: 'rollback', generation },
    rollback: { generation, spec },
  }));
  return { revision: spec.revision };
}

/** By name, or by the id of one of its workers. */
async function show(session: Session, target: string): Promise<Operations['show']['result']> {
  const state = await session.state();
  const app =
    state.apps.find(({ name }) => name === target) ??
    state.apps.find(({ workers }) => workers.some(({ id }) => String(id) === target));
  if (app === undefined) known(session, target);
  const observed = session.apps.find(({ name }) => name === app?.name);
  if (app === undefined || observed === undefined)
    throw new Refusal(`app "${target}" has not been started yet`);
  const { process: spec, ...rest } = observed.spec;
  const exits = observed.exits.map(({ at, slot, revision, pid, exit }) => ({
    agoMs: Math.round(session.now - at),
    slot,
    revision,
    pid,
    ...exit,
    stderr: maskLines(exit.stderr, spec.env),
  }));
  return {
    ...app,
    stable: observed.stable?.revision ?? null,
    addresses: session.addressesOf(observed.name),
    spec: { ...rest, process: shown(spec) },
    exits,
    drains: observed.drains,
    logFiles: session.logFiles(app.name),
  };
}

/** No value of the environment, and no argument that looks secret. */
function shown(spec: ProcessSpec): ProcessSpec {
  return {
    ...spec,
    script: spec.shell ? maskCommandLine(spec.script) : spec.script,
    args: maskArguments(spec.args),
    interpreterArgs: maskArguments(spec.interpreterArgs),
    env: Object.fromEntries(Object.keys(spec.env).map((name) => [name, MASK])),
  };
}

async function logs(session: Session, args: Operations['logs']['args'], call: Call): Promise<null> {
  if (args.app !== null && !session.logs.has(args.app)) known(session, args.app);
  const wanted = (line: LogLine): boolean =>
    (args.app === null || line.app === args.app) &&
    (args.stream === null || line.stream === args.stream) &&
    (args.since === null || line.at >= args.since);
  for (const line of session.logs.last(args.lines, wanted)) call.item(line);
  if (args.follow) await stream(call, (push) => session.logs.follow((line) => wanted(line) && push(line)));
  return null;
}

/** In pieces: the page of many workers is longer than one message may be. */
async function scrape(session: Session, call: Call): Promise<null> {
  const text = await session.metricsPage();
  for (let at = 0; at < text.length && !call.signal.aborted; at += PIECE) {
    if (!call.item(text.slice(at, at + PIECE))) await call.writable();
  }
  return null;
}

async function events(session: Session, call: Call): Promise<null> {
  call.item(await session.state());
  await stream(call, (push) => session.listen(push));
  return null;
}

/**
 * Passes on what comes until the client has gone. One that does not keep up loses items rather than having them
 * pile up in the supervisor, and is told how many.
 */
function stream(call: Call, follow: (push: (item: unknown) => unknown) => () => void): Promise<void> {
  let dropped = 0;
  let isFull = false;
  const push = (item: unknown): void => {
    if (isFull) dropped += 1;
    else if (!call.item(item)) {
      isFull = true;
      void call.writable().then(() => {
        isFull = false;
        if (dropped > 0 && !call.signal.aborted) call.item({ dropped });
        dropped = 0;
      });
    }
  };
  return new Promise((resolve) => {
    const stop = follow(push);
    const done = (): void => {
      stop();
      resolve();
    };
    if (call.signal.aborted) done();
    else call.signal.addEventListener('abort', done, { once: true });
  });
}

function forEach(session: Session, app: string, act: (name: string) => void): null {
  if (app === EVERY_APP) session.names.forEach(act);
  else act(known(session, app));
  return null;
}

/** @throws Refusal that says what there is, and what may have been meant. */
function known(session: Session, app: string): string {
  if (session.names.includes(app)) return app;
  const meant = didYouMean(app, session.names);
  throw new Refusal(
    `there is no app "${app}"; there is ${session.names.join(', ')}${meant === null ? '' : `. ${meant}`}`,
  );
}
