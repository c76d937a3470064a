/**
 * What a worker says, checked before anything is done with it: the app in it runs other people's code, which can send
 * over its channel whatever it likes. An orphan that was found is a worker as well.
 */
import net from 'node:net';
import os from 'node:os';
import { LONGEST_TIMER } from '../model/clock.ts';
import {
  CMD,
  type DatagramQuery,
  type FromAgent,
  type ListenQuery,
  type Offer,
  type Reading,
} from '../model/protocol.ts';
import { HIGHEST_PORT } from '../model/ports.ts';
import type { Cut, DrainLedger } from '../model/ledger.ts';
import type { StopSpec } from '../model/spec.ts';
import {
  isAmount,
  isEither,
  isFlag,
  isList,
  isMissingOr,
  isNullOr,
  isObject,
  isOneOf,
  isRecord,
  isText,
  isWhole,
  LARGEST_INT,
  type Check,
} from './checks.ts';

/** A check of each key that a type has, so that none is forgotten. */
type Checks<T> = Readonly<Record<keyof T, Check>>;

const LONGEST_PATH = 4096;
/** Of a port. */

/** It is printed. */
// eslint-disable-next-line no-control-regex -- these are what it may not have
const NO_CONTROLS = /^[^\u0000-\u001f\u007f]*$/;
/** Keys are given out by the supervisor: `socket 1`. */
const isKey = isText(32, /^socket \d+$/);
const isSeq = isWhole(0);
const isIndex = isWhole(0, 0xffff);
const isCount = isWhole(0);
const isSlot = isWhole(0, 100_000);
/** Below 0 is where all workers have one socket: -1, or one that came from another address. */
const isSocketSlot = isWhole(-100_000, 100_000);
const isErrno = isWhole(-4095, 0);
/** Of libuv's bind; there are three so far. */
const isFlags = isWhole(0, 255);
/** node:net asks for a name's address before it asks for a socket. */
const isIp: Check = (value) => typeof value === 'string' && (value === '' || net.isIP(value) !== 0);
// eslint-disable-next-line no-control-regex -- these are what a path may not have
const isPath = isText(LONGEST_PATH, /^\/[^\u0000-\u001f\u007f]*$/);

const isAddress = isObject({
  address: isNullOr(isIp),
  port: isWhole(0, HIGHEST_PORT),
  addressType: isOneOf(4, 6),
  flags: isFlags,
  index: isIndex,
} satisfies Checks<ListenQuery>);

const isUnixSocket = isObject({
  address: isPath,
  port: isOneOf(-1),
  addressType: isOneOf(-1),
  flags: isFlags,
  index: isIndex,
} satisfies Checks<ListenQuery>);

export const isListenQuery: Check = isEither(isAddress, isUnixSocket);

const isDatagramQuery = isObject({
  address: isNullOr(isIp),
  port: isWhole(0, HIGHEST_PORT),
  type: isOneOf('udp4', 'udp6'),
  flags: isFlags,
  index: isIndex,
} satisfies Checks<DatagramQuery>);

const isReading = isObject({
  since: isAmount,
  at: isAmount,
  requests: isCount,
  responses: isList(isCount, 8),
  aborted: isCount,
  inFlight: isCount,
  buckets: isList(isCount, 256),
  seconds: isAmount,
  activeMs: isAmount,
  idleMs: isAmount,
  delayP50Ms: isAmount,
  delayP99Ms: isAmount,
  delayMaxMs: isAmount,
} satisfies Checks<Reading>);

const isLedger = isObject({
  inFlight: isCount,
  arrived: isCount,
  finished: isCount,
  aborted: isCount,
  cutOff: isCount,
  closedIdle: isCount,
  cut: isList(isObject({ request: isText(100, NO_CONTROLS), times: isCount } satisfies Checks<Cut>), 10),
} satisfies Checks<DrainLedger>);

const isStop = isObject({
  drainTimeout: isWhole(0, LONGEST_TIMER),
  killTimeout: isWhole(0, LONGEST_TIMER),
  killSignal: isOneOf(...Object.keys(os.constants.signals)),
  message: isFlag,
} satisfies Checks<StopSpec>);

type SocketOffer = Extract<Offer, { kind: 'socket' }>;
type DatagramsOffer = Extract<Offer, { kind: 'datagrams' }>;

const isOffer = isEither(
  isObject({
    kind: isOneOf('socket'),
    query: isListenQuery,
    slot: isSocketSlot,
  } satisfies Checks<SocketOffer>),
  isObject({ kind: isOneOf('datagrams'), query: isDatagramQuery } satisfies Checks<DatagramsOffer>),
);

type Fields = { readonly [A in FromAgent['act']]: Omit<Checks<Extract<FromAgent, { act: A }>>, 'act'> };

const FIELDS: Fields = {
  socket: { seq: isSeq, query: isListenQuery },
  datagrams: { seq: isSeq, query: isDatagramQuery },
  listening: { key: isNullOr(isKey), address: isText(LONGEST_PATH, NO_CONTROLS) },
  'listen-failed': { query: isListenQuery, errno: isErrno },
  open: { key: isKey, open: isCount },
  paused: { key: isKey, open: isCount },
  copy: { key: isKey, slot: isSocketSlot },
  took: { key: isKey, seq: isSeq, accepted: isFlag },
  closed: { key: isKey },
  leaving: {},
  disconnected: {},
  quiet: {},
  ledger: { ledger: isLedger },
  drained: {},
  pong: { about: isOneOf('alive', 'drained', 'released', 'loop') },
  probed: { seq: isSeq, outcome: isEither(isWhole(100, 999), isOneOf('timeout', 'closed', 'no-server')) },
  measured: { asked: isFlag, reading: isReading },
  orphan: {
    pid: isWhole(2, LARGEST_INT),
    app: isText(256, NO_CONTROLS),
    slot: isSlot,
    stop: isStop,
    offers: isList(isOffer, 4096),
  },
  given: {},
};

const CHECKS = new Map<unknown, Check>(
  Object.entries(FIELDS).map(([act, fields]) => [
    act,
    isObject({ act: isOneOf(act), cmd: isMissingOr(isOneOf(CMD)), ...fields }),
  ]),
);

/** The message, or null if it is none; never throws. */
export function parseFromAgent(message: unknown): FromAgent | null {
  if (!isRecord(message)) return null;
  return CHECKS.get(message['act'])?.(message) === true ? (message as unknown as FromAgent) : null;
}

/** Whether a reading can be the next one after another of the same worker: what is counted grows. */
export function follows(before: Reading, now: Reading): boolean {
  if (before.since !== now.since) return true;
  const counted = ['at', 'requests', 'aborted', 'seconds', 'activeMs', 'idleMs'] as const;
  return (
    counted.every((key) => now[key] >= before[key]) &&
    (['responses', 'buckets'] as const).every(
      (key) => before[key].length === now[key].length && before[key].every((n, i) => n <= (now[key][i] ?? 0)),
    )
  );
}
