/** Who asks for sockets. */
import type { AgentConfig, ToAgent } from '../model/protocol.ts';
import type { ProcessUser } from '../model/user.ts';

/** A worker, as far as sockets are concerned. */
export interface Listener {
  readonly id: number;
  readonly app: string;
  readonly revision: string;
  readonly slot: number;
  readonly balance: AgentConfig['balance'];
  /** As whom it runs; null for this process's own. */
  readonly user: ProcessUser | null;
  /** Whether it accepts where it listens; one that does not yet is told of with `ready`. */
  readonly isReady: () => boolean;
  readonly send: (message: ToAgent, handle?: object) => void;
  /**
   * It has to wait until the workers of its app's earlier revisions have let go of an address, or those of other apps,
   * which wait for it as well: these trade addresses.
   */
  readonly blocked: (on: string, others: readonly string[]) => void;
}
