/** Notices as lines for people. It remembers of each app that its messages were spoken of. */
import path from 'node:path';
import type { Clock } from '../model/clock.ts';
import type { Drained, Line, Notice } from '../model/notice.ts';
import type { Observed, ObservedApp } from '../model/observed.ts';
import type { FailStep, Step } from '../model/step.ts';
import { count, cutOffText, duration, exitText, ledgerText } from '../model/text.ts';
import { askedByHand } from '../observe/report/converged.ts';

const info = (text: string): Line => ({ level: 'info', text });
const good = (text: string): Line => ({ level: 'good', text });
const bad = (text: string): Line => ({ level: 'bad', text });

export interface Known {
  readonly clock: Clock;
  /** What the first of these workers that has said anything wrote to stderr last. */
  readonly lastWords: (workers: readonly number[]) => readonly string[];
  /** That the file as it is now was rejected, and why; null where it was not. */
  readonly rejection: () => string | null;
  /** Where the app listens. */
  readonly addressesOf: (app: ObservedApp) => readonly string[];
}

export class NoticeLines {
  readonly #unheard = new Set<string>();
  readonly #known: Known;
  #since: number;
  /** No step has been taken since then. */
  #isIdle = true;

  constructor(known: Known) {
    this.#known = known;
    this.#since = known.clock();
  }

  /** Starts the clock that `converged` reports. */
  begin(): void {
    this.#since = this.#known.clock();
    this.#isIdle = true;
  }

  /** @param observed as it was before the notice took effect. */
  of(notice: Notice, observed: Observed): Line[] {
    switch (notice.type) {
      case 'step':
        this.#isIdle = false;
        return this.#step(notice.step, notice.slot, notice.pid, observed);
      case 'listening':
        return [];
      case 'died':
        return [this.#died(notice, observed)];
      case 'retired':
        return this.#retired(notice);
      case 'unheard':
        return this.#nobodyHears(notice);
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

  #step(step: Step, slot: number | null, pid: number | null, observed: Observed): Line[] {
    const worker = `${step.app}:${slot ?? '-'}`;
    const withPid = `(pid ${pid ?? '-'})`;
    switch (step.kind) {
      case 'begin':
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
        this.#unheard.delete(step.app);
        return [info(`${step.app}: gone`)];
      case 'stop':
        if (step.blocked === true) {
          const lost = 'its event loop is blocked, so what it was answering is lost';
          return [bad(`${worker} stopped ${withPid}: ${step.cause}; ${lost}`)];
        }
        return step.overdue === true ? [bad(`${worker} stopped ${withPid}: it ${step.cause}`)] : [];
    }
  }

  /** Once per app: what one worker does, all of them do. */
  #nobodyHears({ app, slot, what }: Extract<Notice, { type: 'unheard' }>): Line[] {
    if (this.#unheard.has(app)) return [];
    this.#unheard.add(app);
    return [info(unheardText(`${app}:${slot}`, what))];
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
    const words = lastOutput(told.length > 0 ? told : this.#known.lastWords(unreadyOf(app, step.revision)));
    return bad(`${step.app}: revision ${step.revision} ${what}\n  because a worker ${step.cause}${words}`);
  }

  #converged({ apps }: Observed): Line[] {
    const differs = this.#differences(apps);
    if (this.#isIdle && differs.length === 0) return [good('converged: nothing to change')];
    const width = Math.max(0, ...apps.map(({ name }) => name.length));
    return [
      ...this.#doneLines(differs),
      ...apps.map((app) => info(`  ${app.name.padEnd(width)}  ${this.#summary(app)}`)),
    ];
  }

  #doneLines(differs: readonly string[]): Line[] {
    const took = duration(this.#known.clock() - this.#since);
    if (differs.length === 0) return [good(`converged in ${took}`)];
    return [
      info(`done in ${took}, but not all is as the file asks:`),
      ...differs.map((text) => info(`  ${text}`)),
    ];
  }

  /** What is not as the file asks, though nothing is under way. */
  #differences(apps: Observed['apps']): string[] {
    const rejection = this.#known.rejection();
    const byHand = askedByHand(apps.map(({ spec }) => spec));
    return [
      ...(rejection === null ? [] : [rejection]),
      ...byHand.map(({ app, message }) => `${app} ${message}`),
    ];
  }

  #summary(app: ObservedApp): string {
    const { mode, script } = app.spec.process;
    const online = app.workers.filter(({ status }) => status === 'online').length;
    const addresses = this.#known.addressesOf(app).join(', ');
    const where = addresses === '' ? path.basename(script) : `on ${addresses}`;
    return `${mode.padEnd(7)}  ${count(online, 'worker')}  revision ${app.spec.revision}  ${where}`;
  }
}

/** Workers of a revision that live and are not ready. */
function unreadyOf(app: ObservedApp | undefined, revision: string): number[] {
  const workers = app?.workers ?? [];
  return workers.filter((w) => w.revision === revision && w.readyAt === null).map(({ id }) => id);
}

function unheardText(worker: string, what: string | null): string {
  const called = what === null ? '' : ` ("${what}")`;
  const hint = what?.startsWith('log4js:')
    ? 'set disableClustering: true in log4js.configure(), so that each worker writes for itself'
    : 'what every worker is to know goes through a store that all of them reach (docs/pm2.md)';
  return `${worker} sends messages to its parent process${called}, and nobody hears them: ${hint}`;
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
