/** A simulated program in fork mode: it binds for itself, and knows nothing of who started it. */
import type { Exit } from '../../src/model/observed.ts';
import type { Launch, WorkerHandle, WorkerNews } from '../../src/workers/handle.ts';
import { kindOf } from '../plan/scenario.ts';
import type { Machine, Process } from './machine.ts';
import type { Peer, Started } from './started.ts';

export class Program implements Started {
  readonly process: Process;
  readonly launch: Launch;
  readonly parent: Peer;
  isReaped = false;
  turns = true;
  readonly isDraining = false;
  /** Whoever connects while it is not there is refused: nobody is promised anything. */
  readonly isServing = false;
  readonly hasSaid = false;
  readonly #machine: Machine;
  readonly #news: (news: WorkerNews) => void;
  #exit: Exit = { code: 0, signal: null, stderr: [], spawnError: null };

  constructor(machine: Machine, launch: Launch, parent: Peer, news: (news: WorkerNews) => void) {
    this.#machine = machine;
    this.launch = launch;
    this.parent = parent;
    this.#news = news;
    const { spec, slot, id } = launch;
    this.process = machine.fork(`${spec.name}:${slot}#${id} ${spec.revision} (program)`, {
      accepts: () => this.turns,
      killed: () => this.#ended(),
      isStuck: () => !this.turns,
    });
    this.#boot();
  }

  get handle(): WorkerHandle {
    return {
      pid: this.process.pid,
      drain: () => this.#tell({ type: 'drained' }),
      stop: () => this.#after(this.#machine.random.between(1, 100), () => this.#signalled()),
      kill: () => this.kill(),
      lastWords: () => [],
    };
  }

  get port(): number {
    return Number(this.launch.spec.process.env['PORT']);
  }

  crash(): void {
    this.#end({ signal: 'SIGSEGV' });
  }

  hang(): void {
    this.turns = false;
    this.#machine.tell(`${this.process.what} hangs`);
  }

  kill(): void {
    this.#after(this.#machine.random.between(0, 20), () => this.#end({ signal: 'SIGKILL' }));
  }

  orphaned(): void {}

  #boot(): void {
    const { random } = this.#machine;
    const { revision, restart } = this.launch.spec;
    const kind = kindOf(revision);
    if (kind === 'crash' || (kind === 'flaky' && random.chance(30)))
      return this.#after(random.between(1, 500), () => this.#end({ code: 1 }));
    this.#after(random.between(1, 500), () => this.#bind());
    this.#after(restart.minUptime, () => this.#tell({ type: 'alive' }));
  }

  #bind(): void {
    const query = { address: null, port: this.port, addressType: 4, flags: 0, index: 0 };
    const bound = this.#machine.bind(this.process, query, false);
    if (typeof bound === 'number') return this.#end({ code: 1, stderr: ['Error: listen EADDRINUSE'] });
    bound.listen();
  }

  #signalled(): void {
    if (this.#machine.random.chance(5)) return;
    this.#end({ code: 0 });
  }

  #end(how: Partial<Exit>): void {
    this.#exit = { code: null, signal: null, stderr: [], spawnError: null, ...how };
    this.#machine.end(this.process, JSON.stringify(how));
  }

  #ended(): void {
    this.isReaped = !this.parent.isAlive;
    this.#machine.clock.after(this.#machine.random.between(0, 30), () => {
      this.isReaped = true;
      this.#tell({ type: 'exited', exit: this.#exit });
    });
  }

  #tell(news: WorkerNews): void {
    if (this.parent.isAlive) this.#news(news);
  }

  #after(delay: number, act: () => void): void {
    this.#machine.clock.after(delay, () => {
      if (this.process.isAlive) act();
    });
  }
}
