/** What a worker's agent says, and what is done about it. Whatever it names is looked up among what is the worker's own. */
import type { FromAgent, ListenQuery, Reading } from '../model/protocol.ts';
import type { BoundHandle } from '../sockets/bind.ts';
import { follows } from './from-agent.ts';
import type { WorkerNews } from './handle.ts';
import type { HeldSockets } from '../sockets/held-sockets.ts';
import type { Listener } from '../sockets/listener.ts';
import type { Questions } from './questions.ts';
import { whyNoSocket } from '../sockets/socket-file.ts';

/** The worker, and who hears of it. */
export interface Surroundings {
  readonly listener: Listener;
  readonly sockets: HeldSockets;
  readonly questions: Questions;
  /** Its app hears no messages any more. */
  readonly disconnected: () => void;
  readonly news: (news: WorkerNews) => void;
}

/** Why a worker is replaced that takes itself out of the cluster, one clause. */
const LEAVES = 'called cluster.worker.disconnect()';

export class Speaker {
  readonly #of: Surroundings;
  #reading: Reading | null = null;

  constructor(of: Surroundings) {
    this.#of = of;
  }

  /**
   * @param message well-formed
   * @param handle what came along; not null for `copy`, and closed here if it is of no use
   * @returns false for what a worker has no reason to say, or cannot be true
   */
  said(message: FromAgent, handle: BoundHandle | null): boolean {
    if ((message.act === 'copy') !== (handle !== null)) {
      handle?.close();
      return false;
    }
    switch (message.act) {
      case 'measured':
        return this.#measured(message.asked, message.reading);
      case 'orphan':
      case 'given':
        return false; // Nobody says so to a supervisor that it is a child of.
      case 'leaving':
        this.#leaves();
        return true;
      case 'disconnected':
        this.#of.disconnected();
        return true;
      default:
        this.#heard(message, handle);
        return true;
    }
  }

  #heard(
    message: Exclude<FromAgent, { act: 'measured' | 'orphan' | 'given' | 'leaving' | 'disconnected' }>,
    handle: BoundHandle | null,
  ): void {
    const { listener, sockets, questions, news } = this.#of;
    switch (message.act) {
      case 'socket':
        return this.#asks(message.seq, message.query);
      case 'datagrams':
        return sockets.socket(listener, message.seq, message.query);
      case 'listening':
        if (message.key !== null) sockets.listening(listener, message.key);
        return news({ type: 'listening', address: message.address });
      case 'listen-failed':
        return sockets.listenFailed(listener, message.query, message.errno);
      case 'open':
        return sockets.opened(listener, message.key, message.open);
      case 'paused':
        return sockets.paused(listener, message.key, message.open);
      case 'copy':
        if (handle !== null) sockets.copied(listener, message.key, message.slot, handle);
        return;
      case 'took':
        return sockets.took(listener, message.key, message.seq, message.accepted);
      case 'closed':
        return sockets.closed(listener, message.key);
      case 'quiet':
        return news({ type: 'quiet' });
      case 'ledger':
        return news({ type: 'ledger', ledger: message.ledger });
      case 'drained':
        return listener.send({ act: 'ping', about: 'drained' }); // Its answer comes after the last connection it returned.
      case 'pong':
        return this.#answers(message.about);
      case 'probed':
        return questions.probed(message.seq, message.outcome);
    }
  }

  #asks(seq: number, query: ListenQuery): void {
    const { listener, sockets } = this.#of;
    const { port, address } = query;
    const why = port < 0 && address !== null ? whyNoSocket(address, listener.user) : null;
    if (why !== null) sockets.deny(listener, seq, query, why);
    else sockets.socket(listener, seq, query);
  }

  /** As when it is told to drain. */
  #leaves(): void {
    const { listener, sockets, news } = this.#of;
    sockets.leave(listener.id);
    listener.send({ act: 'ping', about: 'released' });
    news({ type: 'unfit', cause: LEAVES });
  }

  #answers(about: Extract<FromAgent, { act: 'pong' }>['about']): void {
    const { listener, sockets, questions, news } = this.#of;
    if (about === 'loop') questions.turned();
    else if (about === 'released') sockets.released(listener.id);
    else news({ type: about });
  }

  #measured(asked: boolean, reading: Reading): boolean {
    if (this.#reading !== null && !follows(this.#reading, reading)) return false;
    this.#reading = reading;
    this.#of.news({ type: 'measured', asked, reading });
    return true;
  }
}
