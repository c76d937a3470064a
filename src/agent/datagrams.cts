/**
 * A worker's datagram sockets: read from while it serves, and no more from its drain on. What comes then is left to
 * the other workers, or waits for them. Nobody can tell which datagram is an answer, so the last ones get some time.
 */
import { Indexes } from './indexes.cts';
import type { DatagramQuery, Offer } from '../model/protocol.ts';

/** Node's UDP handle. */
export interface RawDatagrams {
  recvStart(): number;
  recvStop(): number;
  unref(): void;
  close(callback?: () => void): void;
  /** Set by node:dgram, which finds its socket by the handle. */
  onmessage?: (size: number, handle: RawDatagrams, message: unknown, from?: Sender) => void;
  onerror?: (context: unknown, handle: RawDatagrams, error: unknown) => void;
}

/** Missing where reading failed. */
interface Sender {
  readonly address: string;
  readonly family: 'IPv4' | 'IPv6';
}

interface Open {
  readonly key: string;
  readonly query: DatagramQuery;
  /** Sockets of other addresses that are read from besides, by slot. */
  readonly lent: Map<number, RawDatagrams>;
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

/** How a socket for IPv6 writes an IPv4 address. */
const MAPPED = '::ffff:';

const open = new Map<RawDatagrams, Open>();
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
export function track(key: string, handle: RawDatagrams, query: DatagramQuery, closed: () => void): void {
  const lent = new Map<number, RawDatagrams>();
  open.set(handle, { key, query, lent });
  const close = handle.close.bind(handle);
  handle.close = (callback) => {
    for (const raw of lent.values()) raw.close();
    if (open.delete(handle)) closed();
    close(callback);
  };
}

/** What comes to the lent socket comes to the app's own one; false if it has none of this key. */
export function lendDatagrams(key: string, slot: number, raw: RawDatagrams): boolean {
  const [own, one] = find(key);
  if (own === undefined || one === undefined || !reads) return false;
  one.lent.set(slot, raw);
  // The app says of its own socket whether that keeps the process.
  raw.unref();
  raw.onmessage = (size, _raw, message, from) =>
    own.onmessage?.(size, own, message, from && seenBy(one.query, from));
  raw.onerror = (context, _raw, error) => own.onerror?.(context, own, error);
  raw.recvStart();
  return true;
}

export function giveBackDatagrams(key: string, slot: number): void {
  const [, one] = find(key);
  one?.lent.get(slot)?.close();
  one?.lent.delete(slot);
}

/** Who has sent it as the app's own socket would say it: that is what answers. */
function seenBy({ type }: DatagramQuery, from: Sender): Sender {
  const isMapped = from.address.startsWith(MAPPED);
  if (type === 'udp6' && from.family === 'IPv4')
    return { ...from, family: 'IPv6', address: `${MAPPED}${from.address}` };
  if (type === 'udp4' && isMapped)
    return { ...from, family: 'IPv4', address: from.address.slice(MAPPED.length) };
  return from;
}

function find(key: string): [RawDatagrams, Open] | [] {
  return [...open].find(([, one]) => one.key === key) ?? [];
}

/** The sockets that it reads from. */
export function offeredDatagrams(): [Offer, object][] {
  return reads ? Array.from(open, ([handle, { query }]) => [{ kind: 'datagrams', query }, handle]) : [];
}

/** Whether any is read from. */
export function readsDatagrams(): boolean {
  return reads && open.size > 0;
}

/** Reads no more; resolves when what has been read can have been answered. */
export async function stopReading(): Promise<void> {
  reads = false;
  if (open.size === 0) return;
  for (const [handle, { lent }] of open) {
    handle.recvStop();
    for (const raw of lent.values()) raw.close();
    lent.clear();
  }
  await new Promise((resolve) => setTimeout(resolve, LAST_ANSWERS));
}
