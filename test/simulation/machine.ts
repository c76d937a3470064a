/** A machine: processes, the sockets that they have open, clients that connect, and what is on its disk. */
import type { ListenQuery } from '../../src/model/protocol.ts';
import type { BoundHandle } from '../../src/sockets/bind.ts';
import { EADDRINUSE } from '../../src/sockets/bind.ts';
import { overlap } from '../../src/sockets/address.ts';
import type { Random } from '../plan/random.ts';
import type { SimulatedClock } from './clock.ts';

/** A listening socket; it is there as long as a process has it open. */
export interface Socket {
  readonly id: number;
  readonly query: ListenQuery;
  readonly canShare: boolean;
  readonly openIn: Set<Descriptor>;
  isListening: boolean;
  queue: Client[];
}

export interface Client {
  readonly id: number;
  readonly port: number;
}

export interface Loss {
  readonly port: number;
  readonly why: string;
  /** Who had the socket last, or the request. */
  readonly by: Process | null;
}

/** A process's own way to a socket. */
export class Descriptor implements BoundHandle {
  readonly process: Process;
  readonly socket: Socket;
  onconnection = null;
  readonly #machine: Machine;

  constructor(machine: Machine, process: Process, socket: Socket) {
    this.#machine = machine;
    this.process = process;
    this.socket = socket;
    socket.openIn.add(this);
    process.open.add(this);
  }

  listen(): number {
    this.socket.isListening = true;
    return 0;
  }

  getsockname(out: { port?: number }): number {
    out.port = this.socket.query.port;
    return 0;
  }

  close(): void {
    this.process.open.delete(this);
    if (this.socket.openIn.delete(this)) this.#machine.closed(this.socket, this.process);
  }

  /** Another one of the same socket, in another process: what a message with a handle carries. */
  copyFor(process: Process): Descriptor {
    return new Descriptor(this.#machine, process, this.socket);
  }
}

export interface Process {
  readonly pid: number;
  readonly what: string;
  isAlive: boolean;
  readonly open: Set<Descriptor>;
  /** Takes the next client of a socket; false where it does not now. */
  readonly accepts: (socket: Socket) => boolean;
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
    const others = [...this.sockets].filter((other) => overlap(other.query, query));
    if (others.some((other) => !canShare || !other.canShare)) return EADDRINUSE;
    this.#lastId += 1;
    const socket: Socket = {
      ...{ id: this.#lastId, query, canShare, isListening: false, queue: [] },
      openIn: new Set<Descriptor>(),
    };
    this.sockets.add(socket);
    return new Descriptor(this, process, socket);
  }

  closed(socket: Socket, by: Process): void {
    if (socket.openIn.size > 0) return;
    this.sockets.delete(socket);
    for (const { port } of socket.queue) this.lost.push({ port, why: 'its queue was closed', by });
  }

  connect(port: number): void {
    const open = [...this.sockets].filter(({ query, isListening }) => query.port === port && isListening);
    const socket = open[this.random.between(0, open.length - 1)];
    if (socket === undefined) {
      this.lost.push({ port, why: 'refused', by: null });
      return;
    }
    this.#lastId += 1;
    socket.queue.push({ id: this.#lastId, port });
    this.serve(socket);
  }

  /** Whoever accepts from it takes what queues there. */
  serve(socket: Socket): void {
    const able = [...new Set([...socket.openIn].map(({ process }) => process))];
    while (socket.queue.length > 0) {
      const first = this.random.between(0, Math.max(0, able.length - 1));
      const order = [...able.slice(first), ...able.slice(0, first)];
      const [client] = socket.queue;
      if (client === undefined || !order.some((process) => process.accepts(socket))) return;
      socket.queue.shift();
    }
  }
}
