/** A supervisor in this process that serves the control socket of its file, for programs and for the command line. */
import type { Loaded } from '../config/load-ecosystem.ts';
import { claim } from '../control/claim.ts';
import type { Client } from '../control/client.ts';
import { leaseOf, listenerFor, socketOf } from '../control/find.ts';
import { folderFor } from '../control/paths.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Line } from '../model/notice.ts';
import type { Desired } from '../model/spec.ts';
import type { OutputSink } from '../workers/handle.ts';
import { loadAll } from '../shared/lazy.ts';
import { dropReserve, isForWant } from '../files/reserve.ts';
import { codeOnDisk, identified } from './code-now.ts';
import { systemEffects } from './effects.ts';
import { EventLog } from './event-log.ts';
import { Faults } from './faults.ts';
import { guarded } from './guarded.ts';
import { load, type Selection } from './load.ts';
import { assemble, type Options } from './run.ts';
import type { Session } from './session.ts';

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
  /**
   * Drains everything, and resolves when the last process has gone.
   *
   * @param orphans `leave`: those of a supervisor that died serve on, for the next one
   */
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
  loaded: Desired,
  options: RunOptions,
): Promise<{ running: Running; other: null } | { running: null; other: Client }> {
  const { file } = loaded;
  const failed = options.failed ?? warn;
  const lookAtCode = codeOnDisk();
  const first = await identified(loaded, lookAtCode);
  const faults: Faults = new Faults({ say: (line) => events.say(line), log: failed });
  const events = new EventLog(faults.tell);
  if (options.say !== undefined) events.listen(options.say);
  const supervisor = assemble(
    first,
    { events, faults, ...withDefaults(options) },
    systemEffects(file, options, lookAtCode, events.say),
  );
  const { server, lease, other } = await claim(
    socketOf(file),
    supervisor.handlers,
    (error) => unanswered(error, faults),
    (text) => events.say({ level: 'bad', text }),
    leaseOf(file),
    () => listenerFor(file),
  );
  if (other !== null) return { running: null, other };
  sayFolder(events.say);
  const ended = supervisor.ended().then(async () => {
    // After whoever asked for it has been answered.
    await new Promise(setImmediate);
    server.close();
  });
  // Once it has begun, which nobody waits for.
  setImmediate(() => guarded('loading what edits may need', faults.tell, loadAll));
  const { session, start, end } = supervisor;
  return { running: { session, started: start(), end, ended, release: () => lease.release() }, other: null };
}

function withDefaults({ watch, sink, reloaded, ending }: RunOptions): Omit<Options, 'events' | 'faults'> {
  return {
    watch: watch !== false,
    sink: sink ?? null,
    reloaded: reloaded ?? (() => {}),
    ending: ending ?? (() => {}),
  };
}

/** Where what is kept is not where it was asked for, that is said. */
export function sayFolder(say: (line: Line) => void): void {
  const { path, instead } = folderFor();
  if (instead !== null) say({ level: 'bad', text: `the control socket is in ${path}, since ${instead}` });
}

function unanswered(error: unknown, faults: Faults): void {
  // Whoever comes next finds out more than anybody about why there are no descriptors.
  if (isForWant(error)) dropReserve();
  faults.tell('answering a client', error);
}

/** Told on stderr by Node, unless whoever runs us does otherwise with its warnings. */
function warn(error: unknown): void {
  process.emitWarning(error instanceof Error ? error : String(error));
}
