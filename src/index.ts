/** The public API: what docs/api.md promises, and no more. */
import type { Loaded as Whole } from './config/load-ecosystem.ts';
import type { Outcome } from './model/control.ts';
import type { State } from './model/state.ts';
import { load as loadFile, type Selection } from './supervisor/load.ts';
import { up as run, type RunOptions } from './supervisor/up.ts';

export type { Diagnostic, Position } from './model/diagnostic.ts';
export type { AppSpec, Desired, ProcessSpec } from './model/spec.ts';
export type { AppDetails, AppState, State, WorkerView } from './model/state.ts';
export type { NamedPlan, Outcome } from './model/control.ts';
export type { Change, Effect, Prediction } from './model/prediction.ts';
export { validate, type Selection } from './supervisor/load.ts';
export { predict as plan } from './observe/report/predict.ts';
export { AlreadyRunning, InvalidEcosystem } from './supervisor/up.ts';
export { connectTo as connect } from './control/find.ts';
export { ControlError, type Client } from './control/client.ts';

/** What was read of a file: `desired` is null if and only if a diagnostic is an error. */
export type Loaded = Pick<Whole, 'desired' | 'diagnostics' | 'text' | 'texts' | 'files' | 'environments'>;

/** Reads and checks a file. Never rejects for a mistake in it. */
export const load: (path: string, selection?: Selection) => Promise<Loaded> = loadFile;

export type UpOptions = Pick<RunOptions, keyof Selection | 'watch' | 'say' | 'failed'>;

/** A supervisor in this process. */
export interface Running {
  readonly session: {
    /** Resolves once nothing is under way any more. */
    readonly wait: () => Promise<Outcome>;
    /** What `ls --json` prints. */
    readonly state: () => Promise<State>;
  };
  /** Drains everything, and resolves when the last process has gone. */
  readonly end: () => Promise<void>;
  /** Resolves once it has ended, whoever asked for it. */
  readonly ended: Promise<void>;
}

/**
 * Makes the file so in this process, keeps it so, follows its edits and serves its control socket.
 *
 * @throws InvalidEcosystem, AlreadyRunning, ControlError
 */
export async function up(file: string, options: UpOptions = {}): Promise<Running> {
  const { session, end, ended } = await run(file, options);
  return {
    session: { wait: () => session.wait(), state: () => session.state() },
    end: () => end(),
    ended,
  };
}
