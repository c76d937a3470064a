/** What the process that a supervisor runs in can ask of it; any other asks through the control socket. */
import type { Outcome } from '../model/control.ts';
import type { Line } from '../model/notice.ts';
import type { AppState, State } from '../model/state.ts';

export interface Session {
  /** What `cluster-up ls --json` prints. */
  readonly state: () => Promise<State>;
  /** Each app as `state` has it, but for what the system knows of its processes. */
  readonly summary: readonly AppState[];
  /**
   * Resolves once nothing is under way any more: all is as the file asks, or it is clear what cannot be.
   *
   * @throws Ending
   */
  readonly wait: () => Promise<Outcome>;
  /** Resolves once the loop has turned. */
  readonly pulse: () => Promise<void>;
  /**
   * Reads the file, applies it if it has changed, and resolves with why it could not be, or null.
   *
   * @throws Ending
   */
  readonly look: () => Promise<string | null>;
  /** A line for everybody who listens. */
  readonly say: (line: Line) => void;
  /** Calls back for each line for people until the returned function is called. */
  readonly listen: (listener: (line: Line) => void) => () => void;
  /** Opens the log files anew, for whoever has moved them away; resolves with how many there are. */
  readonly reopenLogs: () => Promise<number>;
  /** Ends everything at once, requests in flight included. */
  readonly killAll: () => void;
}
