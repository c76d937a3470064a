/** What processes of the machine have open: listening sockets, and connections that were accepted. */
import type { ListenQuery } from '../../src/model/protocol.ts';
import type { BoundHandle, Connection } from '../../src/sockets/bind.ts';
import type { Machine, Process } from './machine.ts';

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
  readonly address: string;
}

/** A process's own way to something, which a message can carry to another process. */
export interface Carried {
  close(): void;
  copyFor(process: Process): Carried;
}

export class Descriptor implements BoundHandle, Carried {
  readonly process: Process;
  readonly socket: Socket;
  /** It is accepted from by way of this one. */
  listens = false;
  onconnection: BoundHandle['onconnection'] = null;
  readonly #machine: Machine;

  constructor(machine: Machine, process: Process, socket: Socket) {
    this.#machine = machine;
    this.process = process;
    this.socket = socket;
    socket.openIn.add(this);
    process.open.add(this);
  }

  listen(): number {
    this.listens = true;
    this.socket.isListening = true;
    this.#machine.clock.after(0, () => this.#machine.serve(this.socket));
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

  copyFor(process: Process): Descriptor {
    return new Descriptor(this.#machine, process, this.socket);
  }
}

/** What all copies of a connection have in common. */
interface Accepted {
  readonly client: Client;
  readonly by: Process;
  open: number;
  isTaken: boolean;
}

/** A connection that one process has accepted, so that another one may take it. */
export class AcceptedConnection implements Connection, Carried {
  readonly #machine: Machine;
  readonly #process: Process;
  readonly #accepted: Accepted;

  constructor(machine: Machine, process: Process, accepted: Client | Accepted) {
    this.#machine = machine;
    this.#process = process;
    this.#accepted =
      'client' in accepted ? accepted : { client: accepted, by: process, open: 0, isTaken: false };
    this.#accepted.open += 1;
    process.open.add(this);
  }

  getpeername(out: { address?: string }): number {
    out.address = this.#accepted.client.address;
    return 0;
  }

  /** A server has it. */
  take(): void {
    this.#accepted.isTaken = true;
    this.close();
  }

  close(): void {
    if (!this.#process.open.delete(this)) return;
    this.#accepted.open -= 1;
    const { open, isTaken, by, client } = this.#accepted;
    // What a process has accepted ends with it.
    if (open > 0 || isTaken || !by.isAlive) return;
    this.#machine.lost.push({ port: client.port, why: 'its connection was closed', by: this.#process });
  }

  copyFor(process: Process): AcceptedConnection {
    return new AcceptedConnection(this.#machine, process, this.#accepted);
  }
}
