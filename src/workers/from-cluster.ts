/**
 * What node:cluster in a worker says to node:cluster here, which trusts it: it listens on any address and on any
 * descriptor of this process, takes acknowledgements of other workers' connections, and throws at what it does not
 * expect (lib/internal/cluster/primary.js and round_robin_handle.js, Node 20 to 26). So only what a worker with
 * `balance: round-robin` has to say gets through, and only about what is its own.
 */
import type { ListenQuery } from '../model/protocol.ts';
import {
  isEither,
  isFlag,
  isMissingOr,
  isObject,
  isOneOf,
  isRecord,
  isText,
  isWhole,
  LARGEST_INT,
} from './checks.ts';
import { isListenQuery } from './from-agent.ts';

export const CLUSTER = 'NODE_CLUSTER';

type Message = Readonly<Record<string, unknown>>;

const isSeq = isWhole(0);
const envelope = { cmd: isOneOf(CLUSTER), seq: isSeq };

/** Of the keys of TLS sessions, which the app's other workers get. */
const isServerData = isEither(isOneOf(null, undefined), isObject({ ticketKeys: isText(256) }));

const ANSWER = isObject({ ...envelope, ack: isSeq, accepted: isFlag });
const CLOSE = isObject({ ...envelope, act: isOneOf('close'), key: isText(8192) });
const LEAVES = isObject({ ...envelope, act: isOneOf('exitedAfterDisconnect') });
/** node:net's options for `listen()`. A descriptor is one of this process, and so never the app's. */
const QUERY = isObject({
  ...envelope,
  act: isOneOf('queryServer'),
  fd: isMissingOr(isOneOf(null, -1)),
  backlog: isMissingOr(isEither(isOneOf(null), isWhole(-1, LARGEST_INT))),
  readableAll: isMissingOr(isFlag),
  writableAll: isMissingOr(isFlag),
  data: isServerData,
  // Looked at together, as a query of ours.
  ...Object.fromEntries(
    ['address', 'port', 'addressType', 'flags', 'index'].map((key) => [key, (): boolean => true]),
  ),
});

/** What becomes of a message of node:cluster's. */
export type Verdict =
  | { readonly kind: 'pass'; readonly message: Message }
  /** Nobody here needs it. */
  | { readonly kind: 'skip' }
  /** Nobody understands it; it is answered with `answer`, if it is a question. */
  | { readonly kind: 'refuse'; readonly answer: Message | null };

const SKIP: Verdict = { kind: 'skip' };
const REFUSE: Verdict = { kind: 'refuse', answer: null };

/** Follows what node:cluster has said to one worker, to know what that may say. */
export class FromCluster {
  readonly #mayHave: (query: ListenQuery) => boolean;
  readonly #einval: number;
  /** Connections that it was sent and has not answered for, by the number of the message. */
  readonly #connections = new Set<unknown>();
  /** Addresses that it has asked for and is not answered about, by the number of its message. */
  readonly #asked = new Map<unknown, string>();
  /** Addresses that it has, by node:cluster's key. */
  readonly #keys = new Map<unknown, string>();

  /**
   * @param mayHave whether an address is this worker's to listen on by node:cluster
   * @param einval what one that is not is answered with
   */
  constructor(mayHave: (query: ListenQuery) => boolean, einval: number) {
    this.#mayHave = mayHave;
    this.#einval = einval;
  }

  /** Something is said to the worker. */
  sent(message: unknown): void {
    if (!isRecord(message) || message['cmd'] !== CLUSTER) return;
    const { act, seq, ack, key, errno } = message;
    if (act === 'newconn') this.#connections.add(seq);
    const name = this.#asked.get(ack);
    if (name === undefined) return;
    this.#asked.delete(ack);
    if (errno == null || errno === 0) this.#keys.set(key, name);
  }

  /** The worker has said something, whose `cmd` is `CLUSTER`. */
  judge(message: Message): Verdict {
    if ('ack' in message) return this.#answer(message);
    switch (message['act']) {
      case 'online':
      case 'listening':
        return SKIP;
      case 'exitedAfterDisconnect':
        return LEAVES(message) ? { kind: 'pass', message } : REFUSE;
      case 'close':
        if (!CLOSE(message)) return REFUSE;
        // One whose server is gone here may say so still.
        return this.#keys.delete(message['key']) ? { kind: 'pass', message } : SKIP;
      case 'queryServer':
        return this.#query(message);
      default:
        return REFUSE;
    }
  }

  #answer(message: Message): Verdict {
    if (!ANSWER(message)) return REFUSE;
    return this.#connections.delete(message['ack']) ? { kind: 'pass', message } : REFUSE;
  }

  #query(message: Message): Verdict {
    const { cmd, act, seq, address, port, addressType, index, backlog, readableAll, writableAll, data } =
      message;
    if (!isSeq(seq)) return REFUSE;
    const query = { address, port, addressType, flags: message['flags'] ?? 0, index } as ListenQuery;
    const name = JSON.stringify([address, port, addressType, index]);
    const isKnown = [...this.#asked.values(), ...this.#keys.values()].includes(name) || this.#asked.has(seq);
    if (isKnown || !QUERY(message) || !isListenQuery(query) || !this.#mayHave(query)) {
      const answer = { cmd: CLUSTER, ack: seq, errno: this.#einval, key: '', data: null };
      return { kind: 'refuse', answer };
    }
    this.#asked.set(seq, name);
    const whole = {
      cmd,
      act,
      seq,
      ...query,
      backlog: backlog ?? undefined,
      readableAll,
      writableAll,
      data: data ?? null,
    };
    return { kind: 'pass', message: whole };
  }
}
