/**
 * A pseudo-terminal with a command in it, by `script` from util-linux, which every Debian has. A shell in it notes the
 * terminal's modes before and after.
 */
/* eslint-disable no-control-regex -- escape sequences are what this is about */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { kill, marked, markedEnv } from './processes.ts';
import { cli, node } from './runtimes.ts';
import type { Scene } from './scene.ts';
import { until } from './until.ts';

/** Linux only: `script` and `stty` take other flags elsewhere. */
export const hasTerminal: boolean = process.platform === 'linux' && existsSync('/usr/bin/script');

export interface Left {
  readonly code: number;
  /** What `stty -g` said before and after. */
  readonly before: string;
  readonly after: string;
  /** What stands on the normal screen, other than the shell's marks. */
  readonly text: string;
}

export class Terminal {
  raw = '';
  readonly #child: ChildProcess;
  readonly #place: Scene;
  readonly #mark = randomUUID();

  /** @param args of cluster-up; or, with `program`, of node. */
  constructor(place: Scene, args: readonly string[], env: Record<string, string> = {}, program = false) {
    this.#place = place;
    const words = [node, ...(program ? [] : [cli]), ...args].map((word) => `'${word}'`).join(' ');
    place.write(
      // No `exec`: the shell is there afterwards to look at what is left.
      `tty > tty; stty rows 24 cols 80; stty -g > before; echo BEGIN; ${words}; echo "$? END"; stty -g > after; stty sane\n`,
      'inside.sh',
    );
    this.#child = spawn('script', ['-qfc', 'sh inside.sh', '/dev/null'], {
      cwd: place.folder,
      env: { ...markedEnv(this.#mark), TERM: 'xterm-256color', ...env },
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (chunk: string) => (this.raw += chunk));
    onTestFinished(() => {
      this.#child.kill('SIGKILL');
      for (const { pid } of marked(this.#mark)) kill(pid, 'SIGKILL');
    });
  }

  /** The process of `top`. */
  get pid(): number {
    const found = marked(this.#mark).find(({ command }) => command.startsWith(node));
    if (found === undefined) throw new Error('top does not run');
    return found.pid;
  }

  /** What is on the screen now. */
  get screen(): string {
    return shown(this.raw).join('\n');
  }

  press(keys: string): void {
    this.#child.stdin?.write(keys);
  }

  /** As the window of a terminal program does: the kernel tells the foreground processes. */
  resize(columns: number, rows: number): void {
    this.stty('rows', String(rows), 'cols', String(columns));
  }

  stty(...args: string[]): string {
    return execFileSync('stty', ['-F', this.#read('tty'), ...args], { encoding: 'utf8' });
  }

  async shows(pattern: RegExp, within = 10_000): Promise<void> {
    await until(
      () => `${String(pattern)} on the screen:\n${this.screen}`,
      () => pattern.test(this.screen),
      within,
    );
  }

  /** Waits until it has ended. */
  async left(): Promise<Left> {
    await until(
      () => `it ends:\n${this.screen}`,
      () => /(\d+) END/.test(this.raw) && this.#has('after'),
      15_000,
    );
    const code = Number(/(\d+) END/.exec(this.raw)?.[1]);
    const normal = this.raw.replace(/\x1b\[\?1049h.*\x1b\[\?1049l/s, '');
    const text = normal
      .replace(/BEGIN|\d+ END.*/gs, '')
      .replaceAll('\r', '')
      .trim();
    return { code, before: this.#read('before'), after: this.#read('after'), text };
  }

  #has(name: string): boolean {
    return existsSync(path.join(this.#place.folder, name)) && this.#read(name) !== '';
  }

  #read(name: string): string {
    return readFileSync(path.join(this.#place.folder, name), 'utf8').trim();
  }
}

/** The lines that a terminal would show, of the few sequences that `top` uses; any other fails the test. */
function shown(raw: string): string[] {
  const lines: string[] = [];
  let row = 0;
  const begin = Math.max(0, raw.lastIndexOf('\x1b[?1049h'));
  for (const [, command, text = ''] of raw.slice(begin).matchAll(/(?:\x1b\[([?\d;]*[A-Za-z]))?([^\x1b]*)/g)) {
    const at = /^(\d+);1H$/.exec(command ?? '');
    if (at !== null) row = Number(at[1]) - 1;
    else if (command === '2J') lines.length = 0;
    else if (command === '2K') lines[row] = '';
    else if (!/^(\d*m|\?1049[hl]|\?25[hl])?$/.test(command ?? ''))
      throw new Error(`unknown sequence ${command ?? ''}`);
    if (text !== '') lines[row] = (lines[row] ?? '') + text;
  }
  return Array.from(lines, (line: string | undefined) => line ?? '');
}
