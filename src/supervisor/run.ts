/** A session with its control socket and its watch on the file, in this process. */
import type { Loaded } from '../config/load-ecosystem.ts';
import { claim } from '../control/claim.ts';
import type { Client } from '../control/client.ts';
import { doorOf, socketOf } from '../control/find.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Desired } from '../model/spec.ts';
import type { OutputSink } from '../workers/handle.ts';
import { dropReserve, isForWant } from '../workers/reserve.ts';
import { handlersOf } from './handlers.ts';
import { count } from '../model/text.ts';
import { programsOf, workersOf } from './left-behind.ts';
import { Lifecycle } from './lifecycle.ts';
import { load, type Selection } from './load.ts';
import type { Line } from './narrator.ts';
import { Session } from './session.ts';
import { keepStateFiles } from './state-files.ts';
import { version } from './version.ts';

export interface RunOptions extends Selection {
  /** Follow edits of the file; true unless told otherwise. */
  readonly watch?: boolean;
  /** Where the apps' output goes besides being kept for `logs`. */
  readonly sink?: OutputSink;
  /** Lines for people about what happens. */
  readonly say?: (line: Line) => void;
  /** The file has changed: it is being applied, or (`desired` is null) was rejected. */
  readonly reloaded?: (loaded: Loaded) => void;
  /** Everything is going to be drained, whoever asked for it. */
  readonly ending?: () => void;
  /** A failure of ours, with its stack; all goes on. A warning of the process by default. Must not throw. */
  readonly failed?: (error: unknown) => void;
}

/** A supervisor in this process. */
export interface Running {
  readonly session: Session;
  /** Resolves once it has taken over what a supervisor that died left, and has begun, or is to end before. */
  readonly started: Promise<void>;
  /** Drains everything, and resolves when the last process has gone; see `Session.shutdown`. */
  readonly end: (orphans?: 'end' | 'leave') => Promise<void>;
  /** Resolves once it has ended, whoever asked for it, and nothing keeps this process alive any more. */
  readonly ended: Promise<void>;
  /** Lets another process be the supervisor of the file; without it, that is so when this one ends. */
  readonly release: () => void;
}

/** The file cannot be applied; `diagnostics` say why. */
export class InvalidEcosystem extends Error {
  readonly diagnostics: readonly Diagnostic[];

  constructor(file: string, diagnostics: readonly Diagnostic[]) {
    const first = diagnostics.find(({ severity }) => severity === 'error');
    super(`${file}:${first?.start.line ?? 1} ${first?.code ?? ''} ${first?.message ?? 'is not valid'}`);
    this.diagnostics = diagnostics;
  }
}

/** Another supervisor runs the file already. */
export class AlreadyRunning extends Error {}

/**
 * Makes the file so in this process, keeps it so, follows its edits and serves its control socket.
 *
 * @throws InvalidEcosystem, AlreadyRunning, UnsafeFolder, ControlError
 */
export async function up(file: string, options: RunOptions = {}): Promise<Running> {
  const { desired, diagnostics } = await load(file, options);
  if (desired === null) throw new InvalidEcosystem(file, diagnostics);
  const { running, other } = await run(desired, options);
  if (running !== null) {
    await running.started;
    // This process may live on, and run it again.
    void running.ended.then(running.release);
    return running;
  }
  other.close();
  throw new AlreadyRunning(`${file} is run by another supervisor already`);
}

/** Runs what has been loaded, or connects to the supervisor that runs the same file. Does not wait for the start. */
export async function run(
  first: Desired,
  options: RunOptions,
): Promise<{ running: Running; other: null } | { running: null; other: Client }> {
  const { file } = first;
  const socket = socketOf(file);
  const failed = options.failed ?? warn;
  const say = (line: Line): void => session.say(line);
  const programs = programsOf(file, say);
  const workers = workersOf(file, say);
  const lifecycle = new Lifecycle();
  const session = new Session({
    file,
    lifecycle,
    door: doorOf(file),
    workers,
    // Nothing else is on the list before it has begun.
    leftPrograms: () => (lifecycle.phase === 'starting' ? programs.living : []),
    started: (pid, { process: { mode, user }, stop }) => {
      if (mode === 'fork') programs.add(pid, stop);
      // Another user's cannot wait where it would be found.
      else if (user === null) workers.add(pid, stop);
    },
    version,
    load: () => load(file, options),
    failed,
    sink: options.sink ?? null,
    say: options.say ?? (() => {}),
    reloaded: options.reloaded ?? (() => {}),
  });
  let ending: Promise<void> | null = null;
  const end = (orphans?: 'end' | 'leave'): Promise<void> => (ending ??= finish(orphans));
  const claimed = await claim(
    socket,
    handlersOf(session, lifecycle, () => end()),
    (error) => {
      // Whoever comes next finds out more than anybody about why there are no descriptors.
      if (isForWant(error)) dropReserve();
      session.fault('answering a client', error);
    },
    (text) => session.say({ level: 'bad', text }),
  );
  if (claimed.other !== null) return { running: null, other: claimed.other };
  const { server, lease } = claimed;
  let stopKeeping = (): void => {};
  const start = async (): Promise<void> => {
    const left = await programs.endLeftovers();
    if (left > 0) session.say({ level: 'info', text: leftoverText(left) });
    stopKeeping = keepStateFiles(socket, [programs, workers]);
    await session.start(first);
    if (options.watch !== false) session.follow();
  };
  const started = start();
  let hasEnded = (): void => {};
  const ended = new Promise<void>((resolve) => (hasEnded = resolve));
  async function finish(orphans?: 'end' | 'leave'): Promise<void> {
    lifecycle.move('end');
    options.ending?.();
    const over = session.shutdown(orphans).catch((error: unknown) => session.fault('the end', error));
    // What it was ending has ended then, and it begins nothing more.
    await Promise.all([started, over]);
    stopKeeping();
    dropReserve();
    programs.tidy();
    workers.tidy();
    lifecycle.move('gone');
    // After whoever asked for it has been answered.
    setImmediate(() => {
      server.close();
      hasEnded();
    });
  }
  return { running: { session, started, end, ended, release: () => lease.release() }, other: null };
}

/** Told on stderr by Node, unless whoever runs us does otherwise with its warnings. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}

function leftoverText(n: number): string {
  return `ended ${count(n, 'process', 'processes')} of a supervisor that had died`;
}
