/** A simulated worker with an agent in it: what it says and does, and how it takes what it is told. */
import type { Exit } from '../../src/model/observed.ts';
import type { FromAgent, ListenQuery, Offer, ToAgent } from '../../src/model/protocol.ts';
import type { StopSpec } from '../../src/model/spec.ts';
import type { Link, LinkListener } from '../../src/workers/agent-worker.ts';
import { acceptsFrom } from '../../src/workers/agent-worker.ts';
import type { Launch } from '../../src/workers/handle.ts';
import { kindOf } from '../plan/scenario.ts';
import type { Descriptor, Machine, Process, Socket } from './machine.ts';

/** A supervisor, as far as whoever speaks to it is concerned. */
export interface Peer {
  isAlive: boolean;
}

interface Listening {
  readonly descriptor: Descriptor;
  readonly slot: number;
  readonly isLent: boolean;
}

export class Worker {
  readonly process: Process;
  readonly launch: Launch;
  readonly parent: Peer;
  /** Its end has been told, or what it was told to is lost with its supervisor. */
  isReaped = false;
  /** Its event loop turns. */
  turns = true;
  isDraining = false;
  /** Waits for the next supervisor to call. */
  isWaiting = false;
  /** Called at its end, and when it has let go of its sockets, by whoever has met it. */
  met: { readonly peer: Peer; readonly released: () => void; readonly gone: () => void } | null = null;
  readonly #machine: Machine;
  readonly #listening: Listening[] = [];
  #accepts: boolean;
  #inFlight = 0;
  #drainEnds = Infinity;
  #whenDrained: (() => void) | null = null;
  #orphanTimeout = 0;
  #hear: LinkListener | null = null;
  /** When what is on its way to each side has arrived: nothing overtakes. */
  #arrived = { here: 0, there: 0 };

  constructor(machine: Machine, launch: Launch, parent: Peer) {
    this.#machine = machine;
    this.launch = launch;
    this.parent = parent;
    this.#accepts = acceptsFrom(launch) === 'listening';
    const { spec, slot, id } = launch;
    this.process = machine.fork(`${spec.name}:${slot}#${id} ${spec.revision}`, {
      accepts: (socket) => this.#takes(socket),
      killed: () => this.#ended(),
      isStuck: () => !this.turns,
    });
    this.#boot();
  }

  get link(): Link {
    return {
      pid: this.process.pid,
      isConnected: () => this.process.isAlive,
      hasEnded: () => !this.process.isAlive,
      send: (message, handle) => this.#send(message, handle as Descriptor | undefined),
      shutdown: () => this.#after(5, () => this.#signalled()),
      signal: () => this.#after(1, () => this.#signalled()),
      kill: () => this.kill(),
      listen: (listener) => {
        this.#hear = listener;
        return () => [];
      },
    };
  }

  get port(): number {
    return this.#query.port;
  }

  /** Somebody was told that it listens; where that is lost with it, it is one that crashed at its start. */
  hasSaid = false;

  /** Its address is open, and it takes who comes. */
  get isServing(): boolean {
    return this.process.isAlive && !this.isDraining && this.#accepts && this.#listening.length > 0;
  }

  get offers(): Offer[] {
    if (this.isDraining) return [];
    return this.#listening
      .filter(({ isLent }) => !isLent)
      .map(({ descriptor, slot }) => ({ kind: 'socket', query: descriptor.socket.query, slot }));
  }

  descriptorOf(offer: number): Descriptor | null {
    return this.#listening.filter(({ isLent }) => !isLent)[offer]?.descriptor ?? null;
  }

  kill(): void {
    this.#after(this.#machine.random.between(0, 20), () => this.end({ signal: 'SIGKILL' }));
  }

  crash(): void {
    this.end({ signal: 'SIGSEGV' });
  }

  hang(): void {
    this.turns = false;
    this.#machine.tell(`${this.process.what} hangs`);
  }

  end(how: Partial<Exit>): void {
    this.#exit = { code: null, signal: null, stderr: [], spawnError: null, ...how };
    this.#machine.end(this.process, JSON.stringify(how));
  }

  /** The channel is closed. It serves on, unless it had not begun to, or is on its way out. */
  orphaned(): void {
    this.#later(this.#machine.random.between(1, 100), () => {
      if (this.isDraining) return this.#goes();
      if (!this.isServing || this.#orphanTimeout === 0) return this.end({ code: 0 });
      this.isWaiting = true;
      this.#later(this.#orphanTimeout, () => {
        if (this.met === null && this.isWaiting) this.drain(this.launch.spec.stop, () => this.#goes());
      });
    });
  }

  /** The supervisor that had met it is gone, too. */
  forsaken(): void {
    this.met = null;
    if (this.isDraining) this.#goes();
    else this.isWaiting = true;
  }

  drain({ drainTimeout }: Pick<StopSpec, 'drainTimeout'>, drained: () => void): void {
    if (this.isDraining) return;
    this.isDraining = true;
    this.isWaiting = false;
    for (const { descriptor } of this.#listening.splice(0)) descriptor.close();
    this.met?.released();
    const { now } = this.#machine.clock;
    this.#drainEnds = now + drainTimeout;
    this.#whenDrained = drained;
    this.#later(drainTimeout, () => this.#drained());
    if (this.#inFlight === 0) this.#drained();
  }

  /** The app's own end, by its signal. */
  signalled(): void {
    this.#after(1, () => this.#signalled());
  }

  #exit: Exit = { code: 0, signal: null, stderr: [], spawnError: null };

  #boot(): void {
    const { random } = this.#machine;
    const kind = kindOf(this.launch.spec.revision);
    if (kind === 'crash' || (kind === 'flaky' && random.chance(30)))
      return this.#later(random.between(1, 500), () => this.end({ code: 1 }));
    if (kind === 'hang') return;
    this.#later(random.between(1, 2000), () => this.#say({ act: 'socket', seq: 1, query: this.#query }));
    if (kind === 'flaky' && random.chance(30))
      this.#later(random.between(1, 20_000), () => this.end({ code: 1 }));
  }

  get #query(): ListenQuery {
    const port = Number(this.launch.spec.process.env['PORT']);
    return { address: null, port, addressType: 4, flags: 0, index: 0 };
  }

  #say(message: FromAgent): void {
    this.#arrived.there = this.#delay(this.#arrived.there);
    this.#machine.clock.after(this.#arrived.there - this.#machine.clock.now, () => {
      if (!this.parent.isAlive || (!this.process.isAlive && this.#isLost)) return;
      if (message.act === 'listening') this.hasSaid = true;
      this.#hear?.said(message, null);
    });
  }

  /** What was on its way when it ended is not read any more. */
  #isLost = false;

  #send(message: ToAgent, handle: Descriptor | undefined): void {
    const copy = handle?.copyFor(this.process);
    this.#arrived.here = this.#delay(this.#arrived.here);
    this.#later(this.#arrived.here - this.#machine.clock.now, () => this.#told(message, copy ?? null));
  }

  #delay(last: number): number {
    const { random, clock } = this.#machine;
    const delay = random.chance(97) ? random.between(0, 10) : random.between(10, 400);
    return Math.max(last, clock.now + delay);
  }

  #told(message: ToAgent, handle: Descriptor | null): void {
    switch (message.act) {
      case 'socket':
        if (handle === null) return this.end({ code: 1, stderr: ['Error: listen EADDRINUSE'] });
        this.#listen(handle, message.slot ?? 0, false);
        if (!this.isDraining)
          this.#say({ act: 'listening', key: message.key, address: `*:${this.#query.port}` });
        return;
      case 'lend':
        return handle === null ? undefined : this.#listen(handle, message.slot, true);
      case 'return':
        return this.#giveBack(message.slot);
      case 'accept':
        this.#accepts = true;
        return this.#serve();
      case 'drain':
        return this.drain({ drainTimeout: message.timeout }, () => this.#say({ act: 'drained' }));
      case 'ping':
        return this.#say({ act: 'pong', about: message.about });
      case 'probe':
        return this.#say({ act: 'probed', seq: message.seq, outcome: 200 });
      case 'serve-on':
        this.#orphanTimeout = message.timeout;
        return;
      default:
        handle?.close();
    }
  }

  #listen(descriptor: Descriptor, slot: number, isLent: boolean): void {
    if (this.isDraining) return descriptor.close();
    descriptor.listen();
    this.#listening.push({ descriptor, slot, isLent });
    this.#serve();
  }

  #giveBack(slot: number): void {
    const at = this.#listening.findIndex((one) => one.isLent && one.slot === slot);
    if (at >= 0) this.#listening.splice(at, 1)[0]?.descriptor.close();
  }

  #serve(): void {
    for (const { descriptor } of this.#listening) this.#machine.serve(descriptor.socket);
  }

  #takes(socket: Socket): boolean {
    const { random } = this.#machine;
    const isMine = this.#listening.some(({ descriptor }) => descriptor.socket === socket);
    if (!this.#accepts || !this.turns || !isMine || this.isDraining) return false;
    this.#inFlight += 1;
    this.#after(random.chance(90) ? random.between(1, 100) : random.between(100, 3000), () => {
      this.#inFlight -= 1;
      if (this.isDraining && this.#inFlight === 0) this.#drained();
    });
    return true;
  }

  #drained(): void {
    this.#whenDrained?.();
    this.#whenDrained = null;
  }

  #signalled(): void {
    const { random, clock, lost } = this.#machine;
    if (random.chance(kindOf(this.launch.spec.revision) === 'hang' ? 50 : 5)) return;
    // One that has not said that it listens has nothing to drain, as far as anybody knows.
    if (this.#inFlight > 0 && this.hasSaid && clock.now < this.#drainEnds)
      lost.push({
        port: this.#query.port,
        why: `${this.process.what} was ended with requests in flight`,
        by: this.process,
      });
    this.#after(random.between(0, 100), () => this.end({ code: 0 }));
  }

  /** Nobody tells it to end any more. */
  #goes(): void {
    this.#after(this.#machine.random.between(0, 50), () => this.end({ code: 0 }));
  }

  #ended(): void {
    const { random, clock } = this.#machine;
    this.#isLost = random.chance(50);
    const { met } = this;
    if (met !== null) clock.after(random.between(0, 20), () => (met.peer.isAlive ? met.gone() : undefined));
    this.isReaped = !this.parent.isAlive;
    if (this.isReaped) return;
    const told = clock.now + random.between(0, 30);
    clock.after(told - clock.now, () => (this.parent.isAlive ? this.#hear?.disconnected() : undefined));
    clock.after(told - clock.now + random.between(0, 5), () => {
      this.isReaped = true;
      if (this.parent.isAlive) this.#hear?.ended(this.#exit);
    });
  }

  /** If it is still there then, whether its event loop turns or not. */
  #after(delay: number, act: () => void): void {
    this.#machine.clock.after(delay, () => {
      if (this.process.isAlive) act();
    });
  }

  /** By its event loop: never where that does not turn. */
  #later(delay: number, act: () => void): void {
    this.#after(delay, () => {
      if (this.turns) act();
    });
  }
}
