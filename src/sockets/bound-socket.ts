/** A bound handle of Node, as far as holding it goes. */
export interface BoundSocket {
  close(): void;
  getsockname?(out: { address?: string; port?: number }): number;
  /** Of a unix socket: makes its file again if somebody has removed it. */
  restore?: () => void;
}
