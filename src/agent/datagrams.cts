/**
 * A worker's datagram sockets: read from while it serves, and no more from its drain on. What comes then is left to
 * the other workers, or waits for them. Nobody can tell which datagram is an answer, so the last ones get some time.
 */
import { Indexes } from './indexes.cts';
import type { DatagramQuery, Offer } from '../model/protocol.ts';

/** Node's UDP handle. */
export interface RawDatagrams {
  recvStop(): number;
  close(callback?: () => void): void;
}

/** What node:dgram asks node:cluster for. */
export interface DatagramOptions {
  readonly address: string | null;
  readonly port: number | null;
  readonly addressType: 'udp4' | 'udp6';
  readonly flags?: number;
}

/** How long the answers to what has been read may take after the drain has begun, in ms. */
const LAST_ANSWERS = 500;

const open = new Map<RawDatagrams, DatagramQuery>();
let reads = true;
const indexes = new Indexes();

/** What to ask the supervisor for; `free` once the socket is closed or was not to be had. */
export function datagramQuery(options: DatagramOptions): { query: DatagramQuery; free: () => void } {
  const { address, addressType: type } = options;
  const port = options.port ?? 0;
  const flags = options.flags ?? 0;
  const { index, free } = indexes.take(address, port, type, flags);
  return { query: { address, port, type, flags, index }, free };
}

/** Follows a socket that the app now reads from. */
export function track(handle: RawDatagrams, query: DatagramQuery, closed: () => void): void {
  open.set(handle, query);
  const close = handle.close.bind(handle);
  handle.close = (callback) => {
    if (open.delete(handle)) closed();
    close(callback);
  };
}

/** The sockets that it reads from. */
export function offeredDatagrams(): [Offer, object][] {
  return reads ? Array.from(open, ([handle, query]) => [{ kind: 'datagrams', query }, handle]) : [];
}

/** Whether any is read from. */
export function readsDatagrams(): boolean {
  return reads && open.size > 0;
}

/** Reads no more; resolves when what has been read can have been answered. */
export async function stopReading(): Promise<void> {
  reads = false;
  if (open.size === 0) return;
  for (const handle of open.keys()) handle.recvStop();
  await new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS));
}
