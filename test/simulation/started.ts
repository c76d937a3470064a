/** A process that a simulated supervisor has started, whatever runs in it. */
import type { Launch } from '../../src/workers/handle.ts';
import type { Process } from './machine.ts';

/** A supervisor, as far as whoever speaks to it is concerned. */
export interface Peer {
  readonly isAlive: boolean;
  readonly process: Process;
}

export interface Started {
  readonly process: Process;
  readonly launch: Launch;
  readonly parent: Peer;
  readonly port: number;
  /** Its end has been told, or what it was told to is lost with its supervisor. */
  readonly isReaped: boolean;
  /** Its event loop turns. */
  readonly turns: boolean;
  readonly isDraining: boolean;
  /** Its address is open, and it takes who comes. */
  readonly isServing: boolean;
  /** Somebody was told that it listens; where that is lost with it, it is one that crashed at its start. */
  readonly hasSaid: boolean;
  readonly crash: () => void;
  readonly hang: () => void;
  readonly kill: () => void;
  /** Its supervisor has died. */
  readonly orphaned: () => void;
}
