/** Notices as lines for people. It remembers no more than which addresses each app listens on. */
import path from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { Drained, Line, Notice } from '../model/notice.ts';
import type { Observed, ObservedApp } from '../model/observed.ts';
import type { FailStep, Step } from '../model/step.ts';
import { count, cutOffText, duration, exitText, ledgerText } from '../model/text.ts';

const info = (text: string): Line => ({ level: 'info', text });
const bad = (text: string): Line => ({ level: 'bad', text });

/** No more addresses of an app are shown. */
const MAX_ADDRESSES = 256;

/** What the first of these workers that has said anything wrote to stderr last. */
type LastWords = (workers: readonly number[]) => readonly string[];

export class NoticeLines {
  readonly #addresses = new Map<string, Set<string>>();
  readonly #lastWords: LastWords;
  readonly #clock: Clock;
  #since: number;

  constructor(clock: Clock, lastWords: LastWords) {
    this.#clock = clock;
    this.#since = clock();
    this.#lastWords = lastWords;
  }

  /** Where the app listens, sorted; empty if it has not been seen to. */
  addressesOf(app: string): readonly string[] {
    return [...(this.#addresses.get(app) ?? [])].sort();
  }

  /** Starts the clock that `converged` reports. */
  begin(): void {
    this.#since = this.#clock();
  }

  /** @param observed as it was before the notice took effect. */
  of(notice: Notice, observed: Observed): Line[] {
    switch (notice.type) {
      case 'step':
        return this.#step(notice.step, notice.slot, notice.pid, observed);
      case 'listening':
        this.#listens(notice.app, notice.address);
        return [];
      case 'died':
        return [this.#died(notice, observed)];
      case 'retired':
        return this.#retired(notice);
      case 'misunderstood':
        return [bad(misunderstoodText(notice))];
      case 'refused':
        return [bad(`${notice.app}: ${notice.reason}`)];
      case 'failed':
        return [bad(`${notice.app}:${notice.slot} ${notice.what}: ${notice.reason}`)];
      case 'waits':
        return [info(`${notice.app}: ${notice.reason}`)];
      case 'converged':
        return this.#converged(observed);
    }
  }

  #listens(app: string, address: string): void {
    const addresses = this.#addresses.get(app) ?? new Set();
    if (addresses.size < MAX_ADDRESSES) this.#addresses.set(app, addresses.add(address));
  }

  #step(step: Step, slot: number | null, pid: number | null, observed: Observed): Line[] {
    const worker = `${step.app}:${slot ?? '-'}`;
    const withPid = `(pid ${pid ?? '-'})`;
    switch (step.kind) {
      case 'begin':
        this.#addresses.delete(step.app);
        return [
          info(`${step.app}: ${beginText(step.from, step.to)}${step.from === null ? '' : `: ${step.cause}`}`),
        ];
      case 'start':
        return [info(`${worker} starting: ${step.cause}`)];
      case 'ready':
        return [info(`${worker} ready ${withPid}`)];
      case 'drain':
        if (step.overdue === true) return [bad(`${worker} draining ${withPid}: it ${step.cause}`)];
        return [info(`${worker} draining ${withPid}: ${step.cause}`)];
      case 'hold':
        return [info(`${step.app}: ${step.cause} if it stays up`)];
      case 'resume':
        return [info(`${step.app}: going on: ${step.cause}`)];
      case 'kill':
        return [bad(`${worker} killed ${withPid}: ${step.cause}`)];
      case 'fail':
        return [this.#failure(step, observed)];
      case 'complete':
        return [info(`${step.app}: revision ${step.revision} is stable`)];
      case 'leave':
        return [info(`${step.app}: leaves: ${step.cause}`)];
      case 'remove':
        this.#addresses.delete(step.app);
        return [info(`${step.app}: gone`)];
      case 'stop':
        if (step.blocked === true) {
          const lost = 'its event loop is blocked, so what it was answering is lost';
          return [bad(`${worker} stopped ${withPid}: ${step.cause}; ${lost}`)];
        }
        return step.overdue === true ? [bad(`${worker} stopped ${withPid}: it ${step.cause}`)] : [];
    }
  }

  #died({ app, slot, pid, exit }: Extract<Notice, { type: 'died' }>, { apps }: Observed): Line {
    const text = `${app}:${slot} (pid ${pid ?? '-'}) ${exitText(exit)}`;
    const restart = apps.find(({ name }) => name === app)?.spec.restart;
    const isDone =
      exit.code === 0 && (restart?.auto === false || restart?.stopExitCodes.includes(0) === true);
    return isDone ? info(text) : bad(text);
  }

  #retired({ app, slot, pid, ledger }: Drained): Line[] {
    const worker = `${app}:${slot} (pid ${pid ?? '-'})`;
    const cutOff = cutOffText(ledger);
    return [
      { ...info(`${worker} drained: ${ledgerText(ledger)}`), drain: { app, slot, pid, ledger } },
      ...(cutOff === null ? [] : [bad(`${worker} cut off ${cutOff}`)]),
    ];
  }

  #failure(step: FailStep, observed: Observed): Line {
    const app = observed.apps.find(({ name }) => name === step.app);
    const what = {
      'rolled-back': `rolled back to ${app?.stable?.revision ?? 'the stable revision'}, whose workers serve on`,
      paused: 'paused: what serves, serves on; edit the file to go on',
      failed: 'failed: there is no earlier revision to go back to; trying again with growing delays',
    }[step.outcome];
    const told = app?.rollout?.failures.at(-1)?.stderr ?? [];
    // One that hangs has not ended, so no exit tells what it said.
    const words = lastOutput(told.length > 0 ? told : this.#lastWords(unreadyOf(app, step.revision)));
    return bad(`${step.app}: revision ${step.revision} ${what}\n  because a worker ${step.cause}${words}`);
  }

  #converged({ apps }: Observed): Line[] {
    const width = Math.max(0, ...apps.map(({ name }) => name.length));
    return [
      { level: 'good', text: `converged in ${duration(this.#clock() - this.#since)}` },
      ...apps.map((app) => info(`  ${app.name.padEnd(width)}  ${this.#summary(app)}`)),
    ];
  }

  #summary(app: ObservedApp): string {
    const { mode, script } = app.spec.process;
    const online = app.workers.filter(({ status }) => status === 'online').length;
    const addresses = this.addressesOf(app.name).join(', ');
    const where = addresses === '' ? path.basename(script) : `on ${addresses}`;
    return `${mode.padEnd(7)}  ${count(online, 'worker')}  revision ${app.spec.revision}  ${where}`;
  }
}

/** Workers of a revision that live and are not ready. */
function unreadyOf(app: ObservedApp | undefined, revision: string): number[] {
  const workers = app?.workers ?? [];
  return workers.filter((w) => w.revision === revision && w.readyAt === null).map(({ id }) => id);
}

function misunderstoodText({ app, slot, what, times }: Extract<Notice, { type: 'misunderstood' }>): string {
  return times === 1
    ? `${app}:${slot} sent a message that cluster-up does not understand (${what}): ignored`
    : `${app}:${slot} sent ${times} messages that cluster-up does not understand: ignored`;
}

function beginText(from: string | null, to: string): string {
  if (from === null) return `starting revision ${to}`;
  return from === to ? `keeping revision ${to}` : `rolling from ${from} to ${to}`;
}

function lastOutput(lines: readonly string[]): string {
  if (lines.length === 0) return '';
  return `\n  its last output:\n${lines.map((line) => `    ${line}`).join('\n')}`;
}
