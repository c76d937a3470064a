/** Starting cluster-up as a user does, reading what it prints, and making sure that nothing of it stays behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';
import { isAlive, kill, marked, markedEnv, type Found } from './processes.ts';
import { cli, node } from './runtimes.ts';
import { until } from './until.ts';

export interface Line {
  readonly stream: 'out' | 'err';
  readonly text: string;
}

export interface Exited {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface StartOptions {
  readonly flags?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Another build than the one of this checkout. */
  readonly cli?: string;
  /** What it starts stays: the test ends it in another way. */
  readonly inBackground?: true;
}

/** Starts the command line with the given arguments; at the end of the test no process of it may be left. */
export function clusterUp(args: readonly string[], options: StartOptions = {}): Supervisor {
  const mark = randomUUID();
  const child = spawn(node, [options.cli ?? cli, ...args], {
    env: { ...markedEnv(mark), ...options.env },
    cwd: options.cwd,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const supervisor = new Supervisor(child, mark);
  onTestFinished(() => (options.inBackground === true ? undefined : supervisor.end()));
  return supervisor;
}

/** `cluster-up FILE` */
export function up(file: string, options: StartOptions = {}): Supervisor {
  return clusterUp([file, ...(options.flags ?? [])], options);
}

/** A command that ends by itself. */
export async function run(args: readonly string[], options: StartOptions = {}): Promise<Ran> {
  const supervisor = clusterUp(args, options);
  const { code } = await supervisor.exited();
  return { code, out: supervisor.text('out'), err: supervisor.text('err'), all: supervisor.text() };
}

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  readonly all: string;
}

export class Supervisor {
  readonly child: ChildProcess;
  /** All that was printed so far, without line ends. */
  readonly lines: Line[] = [];
  readonly startedAt: number = performance.now();
  readonly #mark: string;
  readonly #closed: Promise<Exited>;
  #exit: Exited | null = null;

  constructor(child: ChildProcess, mark: string) {
    this.child = child;
    this.#mark = mark;
    this.#collect(child.stdout, 'out');
    this.#collect(child.stderr, 'err');
    child.once('exit', (code, signal) => (this.#exit = { code, signal }));
    this.#closed = new Promise((resolve, reject) => {
      child.once('close', (code, signal) => resolve({ code, signal }));
      child.once('error', reject);
    });
  }

  get pid(): number {
    if (this.child.pid === undefined) throw new Error('the supervisor was not started');
    return this.child.pid;
  }

  /** The place to look from for what is printed after now. */
  mark(): number {
    return this.lines.length;
  }

  text(stream?: 'out' | 'err', after = 0): string {
    return this.lines
      .slice(after)
      .filter((line) => stream === undefined || line.stream === stream)
      .map(({ text }) => text)
      .join('\n');
  }

  /** How many lines match. */
  count(pattern: RegExp, after = 0): number {
    return this.lines.slice(after).filter(({ text }) => pattern.test(text)).length;
  }

  /** The first line that matches, now or later. */
  async line(pattern: RegExp, { after = 0, within = 20_000 } = {}): Promise<RegExpExecArray> {
    const find = (): RegExpExecArray | undefined => {
      for (const { text } of this.lines.slice(after)) {
        const match = pattern.exec(text);
        if (match !== null) return match;
      }
      return undefined;
    };
    const found = await until(
      () => `a line like ${String(pattern)}; printed was:\n${this.text(undefined, after)}`,
      () => find() ?? (this.#exit === null ? undefined : 'ended'),
      within,
    );
    if (found !== 'ended') return found;
    // What it printed last may come after its exit.
    await this.#closed;
    const last = find();
    if (last === undefined) throw new Error(`ended without a line like ${String(pattern)}:\n${this.text()}`);
    return last;
  }

  /** Waits for the next "converged" after `after`. */
  async converged(after = 0, within = 30_000): Promise<void> {
    await this.line(/converged( in|: nothing)/, { after, within });
  }

  /** Reads nothing of what it prints, as a pager does at the end of a page. */
  pauseReading(): { resume: () => void } {
    const streams = [this.child.stdout, this.child.stderr];
    for (const stream of streams) stream?.pause();
    return { resume: () => streams.forEach((stream) => stream?.resume()) };
  }

  signal(name: NodeJS.Signals): void {
    this.child.kill(name);
  }

  async exited(within = 30_000): Promise<Exited> {
    await until(
      () => `the supervisor exits; printed was:\n${this.text()}`,
      () => this.#exit,
      within,
    );
    return this.#closed;
  }

  /** Every process it has started, at any depth, and itself. */
  processes(): Found[] {
    return marked(this.#mark);
  }

  /** Ends it and checks that no process is left; what is left is killed and fails the test. */
  async end(): Promise<void> {
    const problems: string[] = [];
    if (this.#exit === null) {
      this.signal('SIGTERM');
      await this.exited(20_000).catch(() => problems.push('did not end on SIGTERM'));
      if (problems.length > 0) kill(this.pid, 'SIGKILL');
    }
    await until('no process left', () => this.processes().length === 0, 3000).catch(() => {
      const left = this.processes();
      problems.push(...left.map(({ pid, command }) => `left behind: ${pid} ${command}`));
      for (const { pid } of left) kill(pid, 'SIGKILL');
    });
    if (problems.length > 0) throw new Error(`${problems.join('\n')}\nprinted was:\n${this.text()}`);
  }

  #collect(stream: Readable | null, name: 'out' | 'err'): void {
    if (stream === null) return;
    createInterface({ input: stream, crlfDelay: Infinity }).on('line', (text) => {
      this.lines.push({ stream: name, text });
    });
  }
}

/** Resolves when none of the processes is alive. */
export async function gone(pids: Iterable<number>, within = 15_000): Promise<void> {
  const all = [...pids];
  await until(
    () => `processes end: ${all.filter(isAlive).join(', ')}`,
    () => !all.some(isAlive),
    within,
  );
}
