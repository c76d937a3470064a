/**
 * Reads what a worker says over its IPC channel in the place of node:child_process, which trusts it: text that is no
 * JSON, a handle of a kind it does not know or an acknowledgement of nothing are exceptions in the event loop, whose
 * next stop is the end of the process; a line without an end, or handles that nobody asked for, are kept for ever
 * (lib/internal/child_process.js, `setupChannel`, Node 20 to 26).
 *
 * So the channel's own handle is read here. What is well-formed goes to whoever it is for; whatever else the app sends
 * to its parent is dropped, as nobody here listens to it, and that is told once.
 */
import type { ChildProcess } from 'node:child_process';
import { CMD, type FromAgent } from '../model/protocol.ts';
import type { BoundHandle } from '../sockets/bind.ts';
import { Bucket } from '../shared/token-bucket.ts';
import { isRecord } from './checks.ts';
import { parseFromAgent } from './from-agent.ts';
import { CLUSTER, type judgeOfCluster } from './from-cluster.ts';
import { MessageLines } from './message-lines.ts';
import { messageType } from './message-type.ts';

export interface Listener {
  /** The app's own `process.send('ready')`. */
  readonly ready: () => void;
  /** The agent has spoken. The handle that came along is the listener's to close; other messages come without. */
  readonly said?: (message: FromAgent, handle: BoundHandle | null) => void;
  /** What node:cluster may hear; nothing where it is not told. */
  readonly ofCluster?: typeof judgeOfCluster;
  /** It has sent its parent a message of its own, which nobody hears; told once, with what it is called, if anything. */
  readonly unheard: (type: string | null) => void;
  /** What was said is no message; told of each. `seq` is that of a question that waits for its answer. */
  readonly misunderstood: (act: string, seq: number | null) => void;
  /** More is said than anybody has to say; told once. */
  readonly flooded: () => void;
}

/** Node's own handle of the channel. */
interface ChannelHandle {
  onread: (this: ChannelHandle, bytes: ArrayBuffer | undefined) => void;
  /** What came along with what was read last. */
  pendingHandle: BoundHandle | null;
  readStart(): number;
  readStop(): number;
}

/** What may be said, in words: a burst, and then so many a second. Each message that a worker gets may be answered. */
const BURST = 50_000;
const PER_SECOND = 5000;
const ANSWERS = 4;
/** Why it is replaced then, one clause. */
export const FLOODS = 'sends more messages than it has any reason to';
/** A line is a word, and one more for so many bytes. */
const WORD = 2048;
/** Those that cost this process work count as more: listening, and the rest of what an agent says. */
const DEAR = 50;
const OWN = 10;
const DEAR_ACTS = new Set(['socket', 'datagrams', 'listening', 'listen-failed', 'closed', 'copy']);
/** Who has said too much is read one chunk at a time, and only heard on how its drain goes. In ms. */
const PAUSE = 250;
const LAST_ACTS = new Set(['quiet', 'ledger', 'drained', 'pong', 'took']);

/** What Node itself hands to its own listeners only. */
const INTERNAL = /^NODE_./;
const NO_JSON = 'text that is no JSON';

/** Reads the channel of a process that was just started, if it has one. */
export function guard(child: ChildProcess, listener: Listener): void {
  const handle = channelOf(child);
  if (handle !== null) new Guard(child, handle, listener);
}

class Guard {
  readonly #child: ChildProcess;
  readonly #handle: ChannelHandle;
  readonly #listener: Listener;
  readonly #lines = new MessageLines();
  readonly #bucket = new Bucket(BURST, PER_SECOND);
  #came: BoundHandle | null = null;
  #isFlooded = false;
  #wasUnheard = false;

  constructor(child: ChildProcess, handle: ChannelHandle, listener: Listener) {
    this.#child = child;
    this.#handle = handle;
    this.#listener = listener;
    const ended = handle.onread;
    handle.onread = (bytes) => {
      if (bytes !== undefined) return this.#read(Buffer.from(bytes));
      this.#take()?.close();
      ended.call(handle, undefined);
    };
    const send = child.send.bind(child) as (...args: unknown[]) => boolean;
    child.send = (...args: unknown[]): boolean => {
      this.#bucket.give(ANSWERS);
      return send(...args);
    };
  }

  #read(chunk: Buffer): void {
    const { pendingHandle } = this.#handle;
    this.#handle.pendingHandle = null;
    if (pendingHandle !== null) {
      // Those that nobody has spoken of are nobody's.
      this.#take()?.close();
      this.#came = pendingHandle;
    }
    for (const line of this.#lines.add(chunk)) this.#line(line);
    this.#count(chunk.length / WORD);
    if (!this.#isFlooded) return;
    this.#handle.readStop();
    setTimeout(() => {
      if (this.#child.connected) this.#handle.readStart();
    }, PAUSE).unref();
  }

  #line(line: string): void {
    this.#count(1);
    const message = parse(line);
    if (message === undefined) return this.#listener.misunderstood(NO_JSON, null);
    if (message === 'ready') return this.#isFlooded ? undefined : this.#listener.ready();
    if (isRecord(message) && typeof message['cmd'] === 'string' && INTERNAL.test(message['cmd']))
      this.#internal(message);
    else this.#unheard(message);
  }

  #unheard(message: unknown): void {
    if (this.#wasUnheard) return;
    this.#wasUnheard = true;
    this.#listener.unheard(messageType(message));
  }

  #internal(message: Record<string, unknown>): void {
    switch (message['cmd']) {
      case CMD:
        return this.#said(message, null);
      case CLUSTER:
        return this.#ofCluster(message);
      case 'NODE_HANDLE':
        return this.#withHandle(message);
      case 'NODE_HANDLE_ACK':
      case 'NODE_HANDLE_NACK':
        // Node asserts that it waits for one.
        if (!Array.isArray((this.#child as { _handleQueue?: unknown })._handleQueue)) break;
        this.#child.emit(
          'internalMessage' as 'message',
          { cmd: message['cmd'] } as never,
          undefined as never,
        );
        return;
    }
    this.#listener.misunderstood(nameOf(message['cmd']), null);
  }

  #said(message: Record<string, unknown>, handle: BoundHandle | null): void {
    const { said, misunderstood } = this.#listener;
    const parsed = said === undefined ? null : parseFromAgent(message);
    if (parsed === null) {
      handle?.close();
      const { seq } = message;
      return misunderstood(
        nameOf(message['act']),
        said !== undefined && Number.isSafeInteger(seq) ? Number(seq) : null,
      );
    }
    this.#count(parsed.act === 'took' ? 0 : DEAR_ACTS.has(parsed.act) ? DEAR : OWN);
    if (this.#isFlooded && !LAST_ACTS.has(parsed.act)) handle?.close();
    else said?.(parsed, handle);
  }

  #ofCluster(message: Record<string, unknown>): void {
    const { ofCluster, misunderstood } = this.#listener;
    const verdict = ofCluster?.(message);
    if (message['act'] === 'queryServer') this.#count(DEAR);
    if (verdict?.kind === 'skip' || (verdict === undefined && message['act'] === 'online')) return;
    if (verdict?.kind === 'pass')
      return void this.#child.emit(
        'internalMessage' as 'message',
        verdict.message as never,
        undefined as never,
      );
    if (verdict?.answer != null) this.#child.send(verdict.answer, () => {});
    misunderstood(nameOf(message['act']), null);
  }

  /** A handle goes to whom it is sent to; what an app sends to its parent as a server or a socket is nobody's. */
  #withHandle({ type, msg }: Record<string, unknown>): void {
    const handle = this.#take();
    // The sender waits for it with all that it has to say.
    const cmd = handle === null ? 'NODE_HANDLE_NACK' : 'NODE_HANDLE_ACK';
    if (this.#child.connected) this.#child.send({ cmd }, () => {});
    if (handle === null) return;
    if (type === 'net.Native' && isRecord(msg) && msg['cmd'] === CMD) this.#said(msg, handle);
    else {
      handle.close();
      this.#unheard(msg);
    }
  }

  #take(): BoundHandle | null {
    const handle = this.#came;
    this.#came = null;
    return handle;
  }

  #count(words: number): void {
    if (this.#bucket.take(words) || this.#isFlooded) return;
    this.#isFlooded = true;
    this.#listener.flooded();
  }
}

/** Kept under a symbol, and nowhere else; null where the process has no channel, or could not be started. */
function channelOf(child: ChildProcess): ChannelHandle | null {
  if (!child.connected) return null;
  const key = Object.getOwnPropertySymbols(child).find(({ description }) => description === 'kChannelHandle');
  const handle = key === undefined ? undefined : (child as unknown as Record<symbol, ChannelHandle>)[key];
  if (typeof handle?.onread !== 'function')
    throw new Error(`this Node (${process.version}) hides the channels to its processes`);
  return handle;
}

/** Undefined for what is no JSON. */
function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** For people. */
function nameOf(act: unknown): string {
  if (typeof act !== 'string') return 'no act';
  return /^[\w-]{1,40}$/.test(act) ? `act "${act}"` : 'an act without a name';
}
