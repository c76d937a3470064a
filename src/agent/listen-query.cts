/** What node:net asks node:cluster for, and what the supervisor is asked for instead. */
import path from 'node:path';
import type { Indexes } from './indexes.cts';
import type { ListenQuery } from '../model/protocol.ts';

export interface ServerOptions {
  readonly address: string | null;
  readonly port: number | null;
  readonly addressType: number | 'udp4' | 'udp6';
  readonly fd?: number;
  readonly flags?: number;
}
export type Answer = (errno: number, handle: unknown) => void;

/** The part of node:cluster that is replaced. */
export interface ClusterModule {
  _getServer: (server: object, options: ServerOptions, answer: Answer) => void;
}

/** What to ask the supervisor for; `free` once the socket is closed or was not to be had. */
export function listenQuery(
  options: ServerOptions,
  indexes: Indexes,
): { query: ListenQuery; free: () => void } {
  const port = options.port ?? -1;
  const addressType = Number(options.addressType);
  // Relative paths of unix sockets are relative to this process, as under node:cluster.
  const address = port < 0 && options.address !== null ? path.resolve(options.address) : options.address;
  const flags = options.flags ?? 0;
  const { index, free } = indexes.take(address, port, addressType, flags);
  return { query: { address, port, addressType, flags, index }, free };
}
