/**
 * What node:cluster in a worker says to node:cluster here, which trusts it: it would listen on any address and on any
 * descriptor of this process, and it throws at what it does not expect (lib/internal/cluster/primary.js, Node 20 to
 * 26). All sockets come from elsewhere, so that a worker leaves by itself is all that it may hear.
 */
import { EINVAL } from '../sockets/bind.ts';
import { isObject, isOneOf, isWhole } from './checks.ts';

export const CLUSTER = 'NODE_CLUSTER';

type Message = Readonly<Record<string, unknown>>;

/** What becomes of a message of node:cluster's. */
export type Verdict =
  | { readonly kind: 'pass'; readonly message: Message }
  /** Nobody here needs it. */
  | { readonly kind: 'skip' }
  /** Nobody understands it; it is answered with `answer`, if it is a question. */
  | { readonly kind: 'refuse'; readonly answer: Message | null };

const isSeq = isWhole(0);
const LEAVES = isObject({ cmd: isOneOf(CLUSTER), seq: isSeq, act: isOneOf('exitedAfterDisconnect') });
const REFUSE: Verdict = { kind: 'refuse', answer: null };

/** @param message whose `cmd` is `CLUSTER` */
export function judgeOfCluster(message: Message): Verdict {
  if ('ack' in message) return REFUSE;
  const { act, seq } = message;
  if (act === 'online' || act === 'listening') return { kind: 'skip' };
  if (act === 'exitedAfterDisconnect') return LEAVES(message) ? { kind: 'pass', message } : REFUSE;
  if (act !== 'queryServer' || !isSeq(seq)) return REFUSE;
  // A descriptor is one of this process, and so never the app's.
  return { kind: 'refuse', answer: { cmd: CLUSTER, ack: seq, errno: EINVAL, key: '', data: null } };
}
