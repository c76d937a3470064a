/** `cluster-up FILE`: makes it so, follows every edit, drains all on Ctrl-C. */
import path from 'node:path';
import type { Loaded } from '../config/load-ecosystem.ts';
import { connectTo } from '../control/find.ts';
import type { Desired } from '../model/spec.ts';
import { load, type Selection } from '../supervisor/load.ts';
import { Ending } from '../supervisor/lifecycle.ts';
import { run, type RunOptions, type Running } from '../supervisor/up.ts';
import { Service } from '../supervisor/service/service.ts';
import { alsoStarted } from './also-started.ts';
import { applyOrOutlive, within, type WaitFlags } from './apply.ts';
import { Console } from './console.ts';
import { ownEnvironment } from './own-environment.ts';
import { holds, noLongerHolds } from './plan-id.ts';
import { sayNamesakes } from './namesakes.ts';
import { progressOf } from './progress.ts';
import { surviveFaults } from './last-resort.ts';
import { fail } from './remote.ts';
import { printDiagnostics } from './print-diagnostics.ts';
import { hasTerminal, secondSignal } from './signals.ts';

export interface UpFlags extends Selection, WaitFlags {
  /** False: do not follow edits. */
  readonly watch: boolean;
  /** End if what the file asks for cannot be had at first. */
  readonly once?: boolean;
  /** Started by `up -d`: says by a message what it became, and shows nothing. */
  readonly background?: boolean;
  /** Apply only if this plan still holds. */
  readonly planId?: string;
}

/** How long output may wait for a reader once all has ended, in ms. */
const LAST_WORDS = 1500;

/** What a process in the background says of itself: whether it serves the control socket, or somebody else does. */
export type Became = 'supervisor' | 'second';

/** Runs until a signal or `down`; with `once`, until it is clear that it cannot converge. Resolves with the exit code. */
export async function up(file: string, flags: UpFlags): Promise<number> {
  const view = new Console(flags.silent);
  // Before the file is read: what it says of variables is not about these.
  const service = Service.take(process.env, (reason) =>
    view.say({ level: 'bad', text: `the service manager (NOTIFY_SOCKET) hears nothing from us: ${reason}` }),
  );
  const edits = { told: 0 };
  let started: Running | null = null;
  // The usual signal of those who rotate logs from outside; while it starts, no file is open yet.
  process.on('SIGUSR2', () => void started?.session.reopenLogs());
  if (!hasTerminal()) {
    process.on('SIGHUP', () => {
      if (started !== null) void readAgain(started, file, view, service, edits);
    });
  }
  const mayEnd = surviveFaults(view.say);
  const begun = await begin(file, flags, view, optionsOf(file, flags, view, service, edits)).catch(
    (error: unknown) => {
      mayEnd();
      throw error;
    },
  );
  if (typeof begun === 'number') {
    mayEnd();
    return begun;
  }
  const running = begun;
  started = running;
  if (flags.background === true) process.send?.('supervisor' satisfies Became);
  else {
    view.track(() => running.session.summary.map(progressOf));
    void sayNamesakes(file, view);
  }
  service?.follow(running.session);
  const result = await untilEnd(running, flags, view);
  view.untrack();
  service?.close();
  // By then it has ended by itself, unless output waits for somebody to read it, or a process to be collected.
  setTimeout(() => process.exit(result), LAST_WORDS).unref();
  return result;
}

/** Resolves with the exit code. */
async function untilEnd(running: Running, flags: UpFlags, view: Console): Promise<number> {
  let code = 0;
  if (flags.once === true) void endUnlessConverged(running, flags, () => (code = 1));
  const ended = running.started.then(() => running.ended);
  const cutShort = await Promise.race([ended, secondSignal(running, view)]);
  return cutShort ?? code;
}

/** How often something has become of an edit. */
interface Edits {
  told: number;
}

function optionsOf(
  file: string,
  flags: UpFlags,
  view: Console,
  service: Service | null,
  edits: Edits,
): RunOptions {
  return {
    ...flags,
    ...(flags.background === true ? {} : { sink: view, say: view.say }),
    ending: () => service?.stopping(),
    reloaded: (loaded: Loaded) => {
      edits.told += 1;
      printDiagnostics(loaded);
      if (loaded.desired !== null) return;
      view.say({ level: 'bad', text: `${path.basename(file)} was rejected: what runs goes on unchanged` });
    },
    // A failure of ours, not of the user's: with all there is to find it by.
    failed: (error: unknown) => console.error(error),
  };
}

/** Becomes the supervisor of the file; or has the one that is apply it, and resolves with the exit code. */
async function begin(
  file: string,
  flags: UpFlags,
  view: Console,
  options: RunOptions,
): Promise<Running | number> {
  for (;;) {
    const { desired, ...first } = await load(file, flags);
    printDiagnostics({ desired, ...first });
    if (desired === null) return 1;
    if (flags.background !== true)
      for (const text of alsoStarted(desired, flags.only)) view.say({ level: 'info', text });
    const { running, other } = await runIf(flags.planId, desired, options);
    if (running !== null) return running;
    if (other === null) return fail(noLongerHolds(flags.planId));
    if (flags.background === true) {
      other.close();
      process.send?.('second' satisfies Became);
      return 0;
    }
    const code = await applyOrOutlive(other, { ...flags, environment: ownEnvironment() });
    if (code !== null) return code;
  }
}

/** Nothing is begun where the plan was about another content; a supervisor that runs decides that by itself. */
async function runIf(
  planId: string | undefined,
  desired: Desired,
  options: RunOptions,
): Promise<Awaited<ReturnType<typeof run>> | { running: null; other: null }> {
  if (await holds(planId, desired)) return run(desired, options);
  return { running: null, other: await connectTo(desired.file) };
}

/** Why it has not converged has been said as it happened. */
async function endUnlessConverged(running: Running, flags: UpFlags, failed: () => void): Promise<void> {
  try {
    const outcome = running.session.wait();
    const { converged } = await within(flags.timeout, outcome, () => running.session.summary);
    if (converged) return;
  } catch (error) {
    // Somebody else has it end.
    if (error instanceof Ending) return;
    throw error;
  }
  failed();
  running.session.say({
    level: 'bad',
    text: 'not everything the file asks for could be had: ending, as --once asks',
  });
  // Whoever started it in the background has to hear why first. Who serves on for a supervisor that died may go on.
  if (flags.background === true && process.connected)
    process.once('disconnect', () => void running.end('leave'));
  else await running.end('leave');
}

/** What SIGHUP asks for; a service manager that asked is told when it is done. */
function readAgain(
  running: Running,
  file: string,
  view: Console,
  service: Service | null,
  edits: Edits,
): Promise<void> {
  const work = (): Promise<void> => reload(running, file, view, edits);
  return service === null ? work() : service.reload(running.session, work);
}

/** Reads the file again, as after an edit; with `--no-watch` this is the way to have one followed. */
async function reload({ session }: Running, file: string, view: Console, edits: Edits): Promise<void> {
  const name = path.basename(file);
  const before = edits.told;
  view.say({ level: 'info', text: `SIGHUP: reading ${name} again` });
  let error: string | null;
  try {
    error = await session.look();
  } catch (caught) {
    if (!(caught instanceof Ending)) throw caught;
    view.say({ level: 'info', text: `${caught.message}: too late for that` });
    return;
  }
  if (edits.told > before) return;
  if (error === null) view.say({ level: 'info', text: `${name} has not changed` });
  else view.say({ level: 'bad', text: `${name} is rejected still: ${error}` });
}
