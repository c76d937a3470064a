/** The processes of one seed: commands, the supervisor, the client; and the place they work in. */
import { spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { State } from '../../src/model/state.ts';
import { isAlive, kill, marked, markedEnv } from '../e2e/support/processes.ts';
import { until } from '../e2e/support/until.ts';
import { Load } from './load.ts';
import type { Place } from './place.ts';
import { stateOf } from './state.ts';
import { Violation } from './violation.ts';

/** How long a command may take, in ms. */
const WITHIN = 30_000;

export interface Ran {
  readonly code: number | null;
  readonly text: string;
}

/** What is tested, and with which Node. */
export interface Build {
  readonly node: string;
  readonly cli: string;
}

/** A command that goes on, and what it has printed so far. */
export interface Started {
  readonly child: ChildProcess;
  readonly exited: Promise<Ran>;
}

/** Lines begin with a process id; what has ended need not be written down again. */
function namesAnyAlive(list: string): boolean {
  const pids = readFileSync(list, 'utf8')
    .split('\n')
    .map((line) => Number.parseInt(line, 10));
  return pids.some((pid) => pid > 0 && isAlive(pid));
}

export class World {
  readonly place: Place;
  readonly load: Load = new Load();
  readonly mark: string = randomUUID();
  /** Of a supervisor in the foreground. */
  foreground: Started | null = null;
  /** Whether another step is under way at the same time, so that nothing can be said of what a command returns. */
  overlapping = false;
  readonly #build: Build;

  constructor(place: Place, build: Build) {
    this.place = place;
    this.#build = build;
  }

  start(args: readonly string[]): Started {
    const child = spawn(this.#build.node, [this.#build.cli, ...args], {
      env: { ...markedEnv(this.mark), CLUSTER_UP_HOME: this.place.home },
      cwd: this.place.root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr]) {
      // The end is what tells why.
      stream.on('data', (piece: Buffer) => (text = (text + piece.toString()).slice(-4000)));
    }
    const exited = new Promise<Ran>((resolve, reject) => {
      child.once('error', reject);
      // Not `close`: a supervisor that it has started may hold on to its output.
      child.once('exit', (code) => setImmediate(() => resolve({ code, text })));
    });
    return { child, exited };
  }

  /** @throws Violation where it does not end. */
  async run(...args: string[]): Promise<Ran> {
    const { child, exited } = this.start(args);
    return this.end(exited, args.join(' '), child);
  }

  async end(exited: Promise<Ran>, what: string, child: ChildProcess): Promise<Ran> {
    const timer = new AbortController();
    const late = sleep(WITHIN, null, { signal: timer.signal }).catch(() => null);
    const ran = await Promise.race([exited, late]);
    timer.abort();
    if (ran !== null) return ran;
    if (child.pid !== undefined) kill(child.pid, 'SIGKILL');
    throw new Violation(
      `\`${what}\` has not returned within ${WITHIN} ms; it printed:\n${(await exited).text}`,
    );
  }

  /** `cluster-up COMMAND`, with the file in the way in which it takes one. */
  command(...command: string[]): Promise<Ran> {
    const { child, exited } = this.startCommand(...command);
    return this.end(exited, command.join(' '), child);
  }

  startCommand(...command: string[]): Started {
    const { file } = this.place;
    const [name = ''] = command;
    const isPlain = ['plan', 'validate', 'metrics'].includes(name);
    return this.start([...command, ...(isPlain ? [] : [name === 'logs' ? '--file' : '-f']), file]);
  }

  up(...flags: string[]): Promise<Ran> {
    return this.run('up', this.place.file, ...flags);
  }

  state(): Promise<State | null> {
    return stateOf(this.place.home);
  }

  /** Until its files are back, a supervisor that died would leave what its successor cannot find. */
  async removeHome(): Promise<void> {
    const { home } = this.place;
    const files = readdirSync(home).filter(
      (name) =>
        name.endsWith('.intents') || (/\.(pids|workers)$/.test(name) && namesAnyAlive(path.join(home, name))),
    );
    rmSync(home, { recursive: true, force: true });
    await until('the files for the next supervisor are written anew', () =>
      files.every((name) => existsSync(path.join(home, name))),
    ).catch((error: unknown) => {
      throw new Violation((error as Error).message);
    });
  }

  removeControlSocket(): Promise<void> {
    for (const name of readdirSync(this.place.home)) {
      if (name.endsWith('.sock')) rmSync(path.join(this.place.home, name));
    }
    return Promise.resolve();
  }

  /** Nothing of it is left behind, however it went. */
  async close(): Promise<void> {
    this.load.close();
    for (;;) {
      const left = marked(this.mark);
      if (left.length === 0) break;
      for (const { pid } of left) kill(pid, 'SIGKILL');
      await sleep(20);
    }
    this.place.remove();
  }
}
