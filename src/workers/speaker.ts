/** What a worker's agent says, and what is done about it. Whatever it names is looked up among what is the worker's own. */
import type { FromAgent, ListenQuery, Reading } from '../model/protocol.ts';
import type { BoundHandle } from './bind.ts';
import { follows } from './from-agent.ts';
import type { WorkerNews } from './handle.ts';
import type { HeldSockets, Tenant } from './held-sockets.ts';
import type { Questions } from './questions.ts';
import { whyNoSocket } from './socket-file.ts';

/** The worker, and who hears of it. */
export interface Surroundings {
  readonly tenant: Tenant;
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
    const { tenant, sockets, questions, news } = this.#of;
    switch (message.act) {
      case 'socket':
        return this.#asks(message.seq, message.query);
      case 'datagrams':
        return sockets.datagrams(tenant, message.seq, message.query);
      case 'listening':
        if (message.key !== null) sockets.listening(tenant, message.key);
        return news({ type: 'listening', address: message.address });
      case 'listen-failed':
        return sockets.listenFailed(tenant, message.query, message.errno);
      case 'open':
        return sockets.opened(tenant, message.key, message.open);
      case 'rests':
        return sockets.rests(tenant, message.key, message.open);
      case 'copy':
        if (handle !== null) sockets.copied(tenant, message.key, message.slot, handle);
        return;
      case 'took':
        return sockets.took(tenant, message.key, message.seq, message.accepted);
      case 'closed':
        return sockets.closed(tenant, message.key);
      case 'quiet':
        return news({ type: 'quiet' });
      case 'ledger':
        return news({ type: 'ledger', ledger: message.ledger });
      case 'drained':
        return tenant.send({ act: 'ping', about: 'drained' }); // Its answer comes after the last connection it returned.
      case 'pong':
        return this.#answers(message.about);
      case 'probed':
        return questions.probed(message.seq, message.outcome);
    }
  }

  #asks(seq: number, query: ListenQuery): void {
    const { tenant, sockets } = this.#of;
    const { port, address } = query;
    const why = port < 0 && address !== null ? whyNoSocket(address, tenant.user) : null;
    if (why !== null) sockets.deny(tenant, seq, query, why);
    else sockets.socket(tenant, seq, query);
  }

  /** As when it is told to drain. */
  #leaves(): void {
    const { tenant, sockets, news } = this.#of;
    sockets.leave(tenant.id);
    tenant.send({ act: 'ping', about: 'released' });
    news({ type: 'unfit', cause: LEAVES });
  }

  #answers(about: Extract<FromAgent, { act: 'pong' }>['about']): void {
    const { tenant, sockets, questions, news } = this.#of;
    if (about === 'loop') questions.turned();
    else if (about === 'released') sockets.released(tenant.id);
    else news({ type: about });
  }

  #measured(asked: boolean, reading: Reading): boolean {
    if (this.#reading !== null && !follows(this.#reading, reading)) return false;
    this.#reading = reading;
    this.#of.news({ type: 'measured', asked, reading });
    return true;
  }
}
