/** A machine: processes, the sockets that they have open, and clients that connect. */
import type { ListenQuery } from '../../src/model/protocol.ts';
import { EADDRINUSE } from '../../src/sockets/bind.ts';
import { overlap } from '../../src/sockets/address.ts';
import type { Random } from '../plan/random.ts';
import type { SimulatedClock } from './clock.ts';
import { Descriptor, type Carried, type Client, type Socket } from './sockets.ts';

export interface Loss {
  readonly port: number;
  readonly why: string;
  /** Who had the socket last, or the request. */
  readonly by: Process | null;
}

export interface Process {
  readonly pid: number;
  readonly what: string;
  isAlive: boolean;
  readonly open: Set<Carried>;
  /** Takes the next client of a socket; false where it does not now. */
  readonly accepts: (socket: Socket, client: Client) => boolean;
  readonly killed: () => void;
  /** Its event loop does not turn. */
  readonly isStuck: () => boolean;
}

export class Machine {
  readonly clock: SimulatedClock;
  readonly random: Random;
  readonly processes = new Map<number, Process>();
  readonly sockets = new Set<Socket>();
  /** What happened, for whoever has to find out what went wrong. */
  readonly story: string[] = [];
  /** Who was turned away, or had queued where nobody has the socket any more. */
  readonly lost: Loss[] = [];
  #lastPid = 1000;
  #lastId = 0;

  constructor(clock: SimulatedClock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  tell(text: string): void {
    this.story.push(`${Math.round(this.clock.now)} ${text}`);
  }

  fork(what: string, of: Pick<Process, 'accepts' | 'killed' | 'isStuck'>): Process {
    this.#lastPid += 1;
    const process: Process = { ...of, pid: this.#lastPid, what, isAlive: true, open: new Set() };
    this.processes.set(process.pid, process);
    return process;
  }

  /** It is gone at once, and whatever it had open with it. */
  end(process: Process, how: string): void {
    if (!process.isAlive) return;
    process.isAlive = false;
    this.processes.delete(process.pid);
    this.tell(`${process.what} (${process.pid}) ended: ${how}`);
    for (const descriptor of process.open) descriptor.close();
    process.killed();
  }

  bind(process: Process, query: ListenQuery, canShare: boolean): Descriptor | number {
    for (const other of this.sockets)
      if ((!canShare || !other.canShare) && overlap(other.query, query)) return EADDRINUSE;
    this.#lastId += 1;
    const socket: Socket = {
      ...{ id: this.#lastId, query, canShare, isListening: false, queue: [] },
      openIn: new Set<Descriptor>(),
    };
    this.sockets.add(socket);
    return new Descriptor(this, process, socket);
  }

  /** A process that has the address, and is not this one. */
  holderOf(query: ListenQuery, but: Process): Process | undefined {
    const sockets = [...this.sockets].filter((socket) => overlap(socket.query, query));
    const all = sockets.flatMap(({ openIn }) => [...openIn].map(({ process }) => process));
    return all.find((process) => process !== but);
  }

  closed(socket: Socket, by: Process): void {
    if (socket.openIn.size > 0) return;
    this.sockets.delete(socket);
    for (const { port } of socket.queue) this.lost.push({ port, why: 'its queue was closed', by });
  }

  /** Whether a client of the port is accepted, or queues. */
  isOpen(port: number): boolean {
    for (const { query, isListening } of this.sockets) if (isListening && query.port === port) return true;
    return false;
  }

  connect(port: number): void {
    const open = [...this.sockets].filter(({ query, isListening }) => query.port === port && isListening);
    const socket = open[this.random.between(0, open.length - 1)];
    if (socket === undefined) {
      this.lost.push({ port, why: 'refused', by: null });
      return;
    }
    this.#lastId += 1;
    socket.queue.push({ id: this.#lastId, port, address: `10.0.0.${this.random.between(1, 9)}` });
    this.serve(socket);
  }

  /** Whoever accepts from it takes what queues there. */
  serve(socket: Socket): void {
    if (socket.queue.length === 0) return;
    const able = [...new Set([...socket.openIn].map(({ process }) => process))];
    for (let client = socket.queue[0]; client !== undefined; client = socket.queue[0]) {
      const next = client;
      const first = this.random.between(0, Math.max(0, able.length - 1));
      const order = [...able.slice(first), ...able.slice(0, first)];
      if (!order.some((process) => process.accepts(socket, next))) return;
      socket.queue.shift();
    }
  }
}
