/** A simulated worker with an agent in it: what it says and does, and how it takes what it is told. */
import type { Exit } from '../../src/model/observed.ts';
import type { FromAgent, ListenQuery, Offer, ToAgent } from '../../src/model/protocol.ts';
import type { StopSpec } from '../../src/model/spec.ts';
import type { Link, LinkListener } from '../../src/workers/agent-worker.ts';
import { acceptsFrom, balanceOf } from '../../src/workers/agent-worker.ts';
import type { Launch } from '../../src/workers/handle.ts';
import { kindOf } from '../plan/scenario.ts';
import { fed, given, type Agent } from './agent.ts';
import { Channel } from './channel.ts';
import type { Machine, Process } from './machine.ts';
import { Descriptor, type Carried } from './sockets.ts';
import type { Peer, Started } from './started.ts';
import { Traffic } from './traffic.ts';

/** What it is asked for once it is ready. */
export const HEALTH_PATH = '/health';

export class Worker implements Started {
  readonly process: Process;
  readonly launch: Launch;
  readonly parent: Peer;
  isReaped = false;
  turns = true;
  isWaiting = false;
  /** Since when it would fail its health check; null while it would not. */
  sickSince: number | null = null;
  wasSick = false;
  /** Called at its end, and when it has let go of its sockets, by whoever has met it. */
  met: { readonly peer: Peer; readonly released: () => void; readonly gone: () => void } | null = null;
  readonly #machine: Machine;
  readonly #traffic: Traffic;
  readonly #agent: Agent;
  readonly #channel: Channel;
  #orphanTimeout = 0;
  /** Where it is sick, it does not even answer. */
  readonly #isMute: boolean;
  #hear: LinkListener | null = null;
  #exit: Exit = { code: 0, signal: null, stderr: [], spawnError: null };

  constructor(machine: Machine, launch: Launch, parent: Peer) {
    this.#machine = machine;
    this.#isMute = machine.random.chance(30);
    this.launch = launch;
    this.parent = parent;
    const balance = balanceOf(launch);
    const isFed = balance === 'round-robin' || balance === 'sticky';
    this.#traffic = new Traffic({
      machine,
      process: () => this.process,
      turns: () => this.turns,
      isFed,
      accepts: acceptsFrom(launch) === 'listening',
    });
    const say = (message: FromAgent, handle?: Descriptor): void => this.#say(message, handle);
    this.#agent = { traffic: this.#traffic, isFed, port: this.port, say };
    const { spec, slot, id } = launch;
    this.process = machine.fork(`${spec.name}:${slot}#${id} ${spec.revision}`, {
      accepts: (socket) => this.#traffic.takes(socket),
      killed: () => this.#ended(),
      isStuck: () => !this.turns,
    });
    this.#channel = new Channel(this, machine, {
      told: (message, handle) => this.#told(message, handle),
      heard: (message, handle) => this.#hear?.said(message, handle),
    });
    this.#boot();
  }

  get link(): Link {
    return {
      pid: this.process.pid,
      isConnected: () => this.process.isAlive,
      hasEnded: () => !this.process.isAlive,
      send: (message, handle) => this.#channel.send(message, handle as Carried | undefined),
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

  get hasSaid(): boolean {
    return this.#channel.hasSaid;
  }

  get isDraining(): boolean {
    return this.#traffic.isDraining;
  }

  get isServing(): boolean {
    return this.process.isAlive && this.#traffic.isServing;
  }

  get offers(): Offer[] {
    return this.#traffic.offers;
  }

  descriptorOf(offer: number): Descriptor | null {
    return this.#traffic.descriptorOf(offer);
  }

  kill(): void {
    this.#after(this.#machine.random.between(0, 20), () => this.end({ signal: 'SIGKILL' }));
  }

  crash(): void {
    this.end({ signal: 'SIGSEGV' });
  }

  hang(): void {
    this.turns = false;
    this.#sicken();
    this.#machine.tell(`${this.process.what} hangs`);
  }

  /** It serves on, but fails its health check from now on; some get well again. */
  sicken(): void {
    this.#sicken();
    const { random } = this.#machine;
    this.#machine.tell(`${this.process.what} is sick`);
    if (random.chance(25)) this.#later(random.between(1, 10_000), () => (this.sickSince = null));
  }

  #sicken(): void {
    this.sickSince ??= this.#machine.clock.now;
    this.wasSick = true;
  }

  end(how: Partial<Exit>): void {
    this.#exit = { code: null, signal: null, stderr: [], spawnError: null, ...how };
    this.#machine.end(this.process, JSON.stringify(how));
  }

  /** The channel is closed. It serves on, unless it had not begun to, or is on its way out. */
  orphaned(): void {
    this.#later(this.#machine.random.between(1, 100), () => {
      if (this.isDraining) return this.#goes();
      if (this.offers.length === 0 || this.#orphanTimeout === 0)
        return this.drain(this.launch.spec.stop, () => this.#goes());
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
    this.isWaiting = false;
    this.#traffic.drain(drainTimeout, drained);
    this.met?.released();
  }

  /** The app's own end, by its signal. */
  signalled(): void {
    this.#after(1, () => this.#signalled());
  }

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

  #say(message: FromAgent, handle?: Descriptor): void {
    this.#channel.say(message, handle);
  }

  #told(message: ToAgent, handle: Carried | null): void {
    if (handle instanceof Descriptor) return given(this.#agent, message, handle);
    switch (message.act) {
      case 'socket':
        return this.end({ code: 1, stderr: ['Error: listen EADDRINUSE'] });
      case 'return':
        return this.#traffic.giveBack(message.slot);
      case 'accept':
        return this.#traffic.accept();
      case 'connection':
        return fed(this.#agent, message, handle);
      case 'drain':
        return this.drain({ drainTimeout: message.timeout }, () => this.#say({ act: 'drained' }));
      case 'ping':
        return this.#say({ act: 'pong', about: message.about });
      case 'probe':
        if (message.path === HEALTH_PATH && this.sickSince !== null && this.#isMute) return;
        return this.#say({ act: 'probed', seq: message.seq, outcome: this.#answerOn(message.path) });
      case 'serve-on':
        this.#orphanTimeout = message.timeout;
        return;
      default:
        handle?.close();
    }
  }

  /** The answer to a probe: of those that ask whether it is ready, one in some fails. */
  #answerOn(path: string): number {
    const isFailed = path === HEALTH_PATH ? this.sickSince !== null : this.#machine.random.chance(10);
    return isFailed ? 503 : 200;
  }

  #signalled(): void {
    const { random, lost } = this.#machine;
    if (random.chance(kindOf(this.launch.spec.revision) === 'hang' ? 50 : 5)) return;
    if (this.#traffic.isOwing)
      lost.push({
        port: this.port,
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
    this.#channel.end();
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
