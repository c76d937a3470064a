/** A program that is run to its end, within a time, with nobody to ask and nothing left behind. */
import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { ProcessUser } from '../model/user.ts';
import { Tail } from '../workers/lines.ts';
import { Tree } from '../workers/tree.ts';
import { Aborted } from './release-error.ts';

export interface Program {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  /** All of its environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly user?: ProcessUser | null;
  /** In ms. */
  readonly limit: number;
  readonly signal?: AbortSignal;
  /** Its process id, as soon as it has one. */
  readonly begun?: (pid: number) => void;
  readonly line?: (line: string, of: 'out' | 'err') => void;
  /** From SIGTERM to SIGKILL, in ms. */
  readonly grace?: number;
}

export interface Ended {
  /** Null where a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly tooLong: boolean;
  /** The last lines of both outputs. */
  readonly last: readonly string[];
}

const GRACE = 5000;
/** Somebody who has escaped may hold an output open, in ms. */
const LAST_WORDS = 1000;
/** A longer line, in UTF-16 units, is passed on in pieces. */
const MAX_LINE = 64 * 1024;

/** @throws Aborted; what the system says where it cannot be started. */
export function runProgram(program: Program): Promise<Ended> {
  if (program.signal?.aborted === true) return Promise.reject(new Aborted());
  return new Promise((resolve, reject) => {
    const child = started(program);
    const tree = child.pid === undefined ? null : new Tree(child.pid);
    if (child.pid !== undefined) program.begun?.(child.pid);
    const tail = hear(child, program);
    const early = new EarlyEnd(program, (name) => tree?.signal(name));
    child.once('error', (error) => {
      early.over();
      reject(error);
    });
    child.once('exit', (code, signal) => {
      early.over();
      // What it left behind ends with it.
      tree?.signal('SIGKILL');
      const last = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
      }, LAST_WORDS);
      child.once('close', () => {
        clearTimeout(last);
        if (early.why === 'aborted') reject(new Aborted());
        else resolve({ code, signal, tooLong: early.why === 'too long', last: tail.last });
      });
    });
  });
}

/** Has it end before its time where that is over, or where nobody waits for it any more. */
class EarlyEnd {
  why: 'too long' | 'aborted' | null = null;
  readonly #program: Program;
  readonly #send: (name: NodeJS.Signals) => void;
  readonly #timer: NodeJS.Timeout;
  #killing: NodeJS.Timeout | undefined;

  constructor(program: Program, send: (name: NodeJS.Signals) => void) {
    this.#program = program;
    this.#send = send;
    this.#timer = setTimeout(() => this.#end('too long'), program.limit);
    program.signal?.addEventListener('abort', this.#abort);
  }

  /** It has ended. */
  over(): void {
    clearTimeout(this.#timer);
    clearTimeout(this.#killing);
    this.#program.signal?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#end('aborted');

  #end(why: 'too long' | 'aborted'): void {
    if (this.why !== null) return;
    this.why = why;
    this.#send('SIGTERM');
    this.#killing = setTimeout(() => this.#send('SIGKILL'), this.#program.grace ?? GRACE);
  }
}

function started({ file, args, cwd, env, user }: Program): ChildProcess {
  const { uid, gid } = user ?? { uid: null, gid: null };
  return spawn(file, args, {
    cwd,
    env,
    ...(uid === null ? {} : { uid }),
    ...(gid === null ? {} : { gid }),
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group and a session of its own: there is no terminal that it could ask on.
    detached: true,
  });
}

function hear(child: ChildProcess, { line }: Program): Tail {
  const tail = new Tail();
  for (const of of ['out', 'err'] as const) {
    eachLine(child[`std${of}`], (text) => {
      tail.add([text]);
      line?.(text, of);
    });
  }
  return tail;
}

function eachLine(stream: Readable | null, line: (text: string) => void): void {
  let rest = '';
  stream?.setEncoding('utf8');
  stream?.on('data', (chunk: string) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const text of lines) line(text.replace(/\r$/, ''));
    if (rest.length <= MAX_LINE) return;
    line(rest);
    rest = '';
  });
  stream?.on('end', () => {
    if (rest !== '') line(rest);
  });
  stream?.on('error', () => {});
}
