/** The foreground view: the output of all workers, each line with its worker's name, among our own lines. */
import path from 'node:path';
import type { Notice } from '../model/notice.ts';
import type { Exit, Observed, ObservedApp } from '../model/observed.ts';
import type { Step } from '../model/step.ts';
import { count, duration, exitText } from '../model/text.ts';
import type { Launch, OutputSink } from '../workers/handle.ts';
import { styleFor, wantsColor, type Style } from './style.ts';

const US = 'cluster-up';
const COLORS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;

export class Console implements OutputSink {
  readonly #out: Style = styleFor(wantsColor(process.stdout));
  readonly #err: Style = styleFor(wantsColor(process.stderr));
  readonly #waiting: (() => void)[] = [];
  /** Addresses each app listens on, for the line that says all is well. */
  readonly #addresses = new Map<string, Set<string>>();
  #width = US.length;
  #since = performance.now();

  constructor() {
    const writable = (): void => {
      if (process.stdout.writableNeedDrain || process.stderr.writableNeedDrain) return;
      for (const resume of this.#waiting.splice(0)) resume();
    };
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('drain', writable);
      // Whoever read us has gone. The apps go on all the same, unheard.
      stream.on('error', writable);
    }
  }

  write = (launch: Launch, stream: 'out' | 'err', lines: readonly string[]): boolean => {
    const label = this.#label(`${launch.spec.name}:${launch.slot}`);
    const [target, style] = stream === 'out' ? [process.stdout, this.#out] : [process.stderr, this.#err];
    if (target.destroyed) return true;
    const prefix = style(COLORS[hash(launch.spec.name) % COLORS.length] ?? 'cyan', `${label} |`);
    return target.write(lines.map((line) => `${prefix} ${line}\n`).join(''));
  };

  whenWritable = (resume: () => void): void => {
    this.#waiting.push(resume);
  };

  /** A line of ours. */
  say(text: string): void {
    if (!process.stdout.destroyed) process.stdout.write(`${this.#out('dim', `${this.#label(US)} |`)} ${text}\n`);
  }

  /** A line of ours about something that went wrong. */
  complain(text: string): void {
    if (process.stderr.destroyed) return;
    const prefix = this.#err('red', `${this.#label(US)} |`);
    process.stderr.write(text.replace(/^/gm, `${prefix} `) + '\n');
  }

  /** Starts the clock that `converged` reports. */
  begin(): void {
    this.#since = performance.now();
  }

  show(notice: Notice, observed: Observed): void {
    switch (notice.type) {
      case 'step':
        return this.#step(notice.step, notice.slot, notice.pid, observed);
      case 'listening':
        return this.#listening(notice.app, notice.address);
      case 'died':
        return this.complain(`${notice.app}:${notice.slot} (pid ${notice.pid ?? '-'}) ${exitText(notice.exit)}`);
      case 'refused':
        return this.complain(`${notice.app}: ${notice.reason}`);
      case 'converged':
        return this.#converged(observed);
      case 'hopeless':
        return this.complain('nothing could be started');
    }
  }

  #step(step: Step, slot: number | null, pid: number | null, observed: Observed): void {
    const worker = `${step.app}:${slot ?? '-'}`;
    switch (step.kind) {
      case 'begin':
        this.#addresses.delete(step.app);
        return this.say(
          step.from === null
            ? `${step.app}: starting revision ${step.to}`
            : `${step.app}: rolling from ${step.from} to ${step.to}: ${step.cause}`,
        );
      case 'start':
        return this.say(`${worker} starting: ${step.cause}`);
      case 'ready':
        return this.say(`${worker} ready (pid ${pid ?? '-'})`);
      case 'drain':
        return this.say(`${worker} draining (pid ${pid ?? '-'}): ${step.cause}`);
      case 'kill':
        return this.complain(`${worker} killed (pid ${pid ?? '-'}): ${step.cause}`);
      case 'fail':
        return this.#failed(step.app, step.outcome, step.revision, step.cause, observed);
      case 'complete':
        return this.say(`${step.app}: revision ${step.revision} is stable`);
      case 'remove':
        return this.say(`${step.app}: gone`);
      case 'stop':
        return;
    }
  }

  #failed(name: string, outcome: string, revision: string, cause: string, observed: Observed): void {
    const app = observed.apps.find((candidate) => candidate.name === name);
    const last = app?.rollout?.failures.at(-1);
    const what = {
      'rolled-back': `rolled back to ${app?.stable?.revision ?? 'the stable revision'}, whose workers serve on`,
      paused: 'paused: what serves, serves on; edit the file to go on',
      failed: 'failed: there is no earlier revision to go back to; trying again with growing delays',
    }[outcome];
    this.complain(`${name}: revision ${revision} ${what ?? outcome}\n  because a worker ${cause}${lastWords(last)}`);
  }

  #listening(app: string, address: string): void {
    const known = this.#addresses.get(app) ?? new Set();
    this.#addresses.set(app, known.add(address));
  }

  #converged(observed: Observed): void {
    this.say(this.#out('green', `converged in ${duration(performance.now() - this.#since)}`));
    const width = Math.max(0, ...observed.apps.map(({ name }) => name.length));
    for (const app of observed.apps) this.say(`  ${app.name.padEnd(width)}  ${this.#summary(app)}`);
  }

  #summary(app: ObservedApp): string {
    const { mode, script } = app.spec.process;
    const online = app.workers.filter(({ status }) => status === 'online').length;
    const addresses = [...(this.#addresses.get(app.name) ?? [])].sort().join(', ');
    const where = addresses === '' ? path.basename(script) : `on ${addresses}`;
    return `${mode}  ${count(online, 'worker')}  revision ${app.spec.revision}  ${where}`;
  }

  #label(text: string): string {
    this.#width = Math.min(24, Math.max(this.#width, text.length));
    return text.padEnd(this.#width);
  }
}

function lastWords(exit: Exit | undefined): string {
  if (exit === undefined || exit.stderr.length === 0) return '';
  return `\n  its last output:\n${exit.stderr.map((line) => `    ${line}`).join('\n')}`;
}

function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
  return sum;
}
