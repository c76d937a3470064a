/** What an app asks for with `listen()`: which connections that is, and which two cannot be had at a time. */
import type { ListenQuery } from '../model/protocol.ts';

/** libuv's bind flag of a socket for IPv6 that takes no connections over IPv4. */
const IPV6_ONLY = 1;

const EVERY = '*';

/** Which local addresses of each family connections may come to: one, `*` for every one, null for none. */
interface Reach {
  readonly v4: string | null;
  readonly v6: string | null;
}

/** Whether both ask for the very same socket. */
export function sameQuery(a: ListenQuery, b: ListenQuery): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    a.addressType === b.addressType &&
    a.flags === b.flags &&
    a.index === b.index
  );
}

/** Whether there are connections that both would get. With port 0 the system sees to it that there are none. */
export function overlap(a: ListenQuery, b: ListenQuery): boolean {
  if (a.port !== b.port || a.port === 0) return false;
  if (a.port < 0) return a.address === b.address;
  const [mine, others] = [reachOf(a), reachOf(b)];
  return meet(mine.v4, others.v4) || meet(mine.v6, others.v6);
}

/** Whether every connection that `narrow` would get is one that `wide` asks for. */
export function covers(wide: ListenQuery, narrow: ListenQuery): boolean {
  if (wide.port !== narrow.port || wide.port === 0) return false;
  if (wide.port < 0) return wide.address === narrow.address;
  const [all, some] = [reachOf(wide), reachOf(narrow)];
  return includes(all.v4, some.v4) && includes(all.v6, some.v6);
}

/** `port 8080`, `port 8080 of 127.0.0.1`, `unix socket /run/api.sock`. */
export function nameOf(query: ListenQuery): string {
  if (query.port < 0) return `unix socket ${query.address ?? ''}`;
  const { v4, v6 } = reachOf(query);
  return v4 === EVERY || v6 === EVERY ? `port ${query.port}` : `port ${query.port} of ${query.address ?? ''}`;
}

function reachOf({ address, flags }: ListenQuery): Reach {
  // Without an address node:net binds `::`, and `0.0.0.0` only where there is no IPv6.
  if (address === null || address === '') return { v4: EVERY, v6: EVERY };
  if (!address.includes(':')) return { v4: address === '0.0.0.0' ? EVERY : address, v6: null };
  const v6 = canonical(address);
  const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(v6);
  if (mapped !== null) return { v4: dotted(mapped[1] ?? '', mapped[2] ?? ''), v6: null };
  if (v6 !== '::') return { v4: null, v6 };
  return { v4: (flags & IPV6_ONLY) === 0 ? EVERY : null, v6: EVERY };
}

/** One way of many to write it; one with a zone stays as it is. */
function canonical(address: string): string {
  const url = `http://[${address}]`;
  return URL.canParse(url) ? new URL(url).hostname.slice(1, -1) : address;
}

/** An IPv4 address from the last two groups of the IPv6 address that it is mapped to. */
function dotted(high: string, low: string): string {
  const [a, b] = [parseInt(high, 16), parseInt(low, 16)];
  const text = [a >> 8, a & 255, b >> 8, b & 255].join('.');
  return text === '0.0.0.0' ? EVERY : text;
}

function meet(a: string | null, b: string | null): boolean {
  return a !== null && b !== null && (a === b || a === EVERY || b === EVERY);
}

function includes(all: string | null, some: string | null): boolean {
  return some === null || all === EVERY || all === some;
}
