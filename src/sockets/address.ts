/** What an app asks for with `listen()` or `bind()`: what would come there, and which two cannot be had at a time. */
import type { DatagramQuery, SocketQuery } from '../model/protocol.ts';

/** libuv's bind flag of a socket for IPv6 that takes nothing over IPv4. */
export const IPV6_ONLY = 1;
/** That of a socket for datagrams which others may be bound beside, and which may be bound beside others. */
export const REUSE_ADDRESS = 4;

const EVERY = '*';

/** Which local addresses of each family may be come to: one, `*` for every one, null for none. */
interface Reach {
  readonly v4: string | null;
  readonly v6: string | null;
}

/** UDP is bound and read; everything else is listened on and accepted from. */
export function isDatagrams(query: SocketQuery): query is DatagramQuery {
  return 'type' in query;
}

/** Of its kind, whether it lets any other of its kind in, so that only the system says what is taken. */
export function letsOthersIn(query: SocketQuery): boolean {
  return isDatagrams(query) && (query.flags & REUSE_ADDRESS) !== 0;
}

/** Whether both ask for the very same socket. */
export function sameQuery(a: SocketQuery, b: SocketQuery): boolean {
  return (
    a.address === b.address &&
    a.port === b.port &&
    familyOf(a) === familyOf(b) &&
    a.flags === b.flags &&
    a.index === b.index
  );
}

/** Whether something could come that both would get. With port 0 the system sees to it that nothing can. */
export function overlap(a: SocketQuery, b: SocketQuery): boolean {
  if (isDatagrams(a) !== isDatagrams(b) || a.port !== b.port || a.port === 0) return false;
  if (a.port < 0) return a.address === b.address;
  const [mine, others] = [reachOf(a), reachOf(b)];
  return meet(mine.v4, others.v4) || meet(mine.v6, others.v6);
}

/** Whether all that `narrow` would get is what `wide` asks for. */
export function covers(wide: SocketQuery, narrow: SocketQuery): boolean {
  if (isDatagrams(wide) !== isDatagrams(narrow) || wide.port !== narrow.port || wide.port === 0) return false;
  if (wide.port < 0) return wide.address === narrow.address;
  const [all, some] = [reachOf(wide), reachOf(narrow)];
  return includes(all.v4, some.v4) && includes(all.v6, some.v6);
}

/** `port 8080`, `port 8080 of 127.0.0.1`, `UDP port 514`, `unix socket /run/api.sock`. */
export function nameOf(query: SocketQuery): string {
  if (query.port < 0) return `unix socket ${query.address ?? ''}`;
  const { v4, v6 } = reachOf(query);
  const name = `${isDatagrams(query) ? 'UDP ' : ''}port ${query.port}`;
  return v4 === EVERY || v6 === EVERY ? name : `${name} of ${query.address ?? ''}`;
}

function familyOf(query: SocketQuery): number | string {
  return isDatagrams(query) ? query.type : query.addressType;
}

function reachOf(query: SocketQuery): Reach {
  const { address, flags } = query;
  // Without an address node:net binds `::`, and `0.0.0.0` only where there is no IPv6.
  if (address === null || address === '')
    return { v4: EVERY, v6: isDatagrams(query) && query.type === 'udp4' ? null : EVERY };
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
