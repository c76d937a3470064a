/**
 * Asks workers how they are: whether one that starts is ready (`ready: { http }`), and whether one that is ready still
 * serves (`health_check`, `event_loop_timeout`). Asks nothing, and has no timer, where no app has one of these.
 */
import { LONGEST_TIMER, type Clock } from '../../model/clock.ts';
import type { Failing, ObservedApp, ObservedWorker } from '../../model/observed.ts';
import type { WorkerEvent } from '../../model/worker-event.ts';
import { MAX_BACKOFF } from '../../model/spec.ts';
import type { WorkerHandle } from '../../workers/handle.ts';
import { Grace, LONGEST_GRACE } from '../grace.ts';
import { answered, begin, come, type Check } from './check.ts';
import { questionsFor, refusalOf, type Question } from './health-questions.ts';

export interface HealthOptions {
  readonly clock: Clock;
  readonly apps: () => readonly ObservedApp[];
  /** Whom to ask; null where there is nobody. */
  readonly questions: (worker: number) => ReturnType<NonNullable<WorkerHandle['questions']>>;
  readonly note: (event: Extract<WorkerEvent, { type: 'probed' | 'failing' }>) => void;
  /** This worker is to be replaced. */
  readonly unfit: (app: string, worker: number, cause: string) => void;
  readonly say: (text: string, level: 'info' | 'bad') => void;
}

/** One question to one worker. */
interface Asking {
  question: Question;
  check: Check;
  /** What the last probe met; empty where it passed. */
  met: string;
  /** It has answered a probe before. */
  hasAnswered: boolean;
}

export class HealthWatch {
  readonly #options: HealthOptions;
  readonly #asking = new Map<string, Asking>();
  readonly #grace = new Grace();
  /** Apps of which it was said that they cannot be probed. */
  readonly #unprobed = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #isLooking = false;
  #isClosed = false;

  constructor(options: HealthOptions) {
    this.#options = options;
  }

  /** The workers may have changed: asks what is due, and sleeps until something is. */
  look(): void {
    if (this.#isLooking || this.#isClosed) return;
    this.#isLooking = true;
    // Answers that came while we were late ourselves are read before the time of any question is judged.
    setImmediate(() => {
      this.#isLooking = false;
      if (!this.#isClosed) this.#look();
    });
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#asking.clear();
  }

  #look(): void {
    clearTimeout(this.#timer);
    const apps = this.#options.apps();
    const wanted = new Set<string>();
    for (const app of apps) for (const worker of app.workers) this.#worker(app, worker, wanted);
    for (const key of this.#asking.keys()) if (!wanted.has(key)) this.#asking.delete(key);
    this.#grace.keepOnly(apps);
    for (const name of this.#unprobed)
      if (!apps.some((app) => app.name === name)) this.#unprobed.delete(name);
    this.#sleep();
  }

  /** @param wanted gets the keys of what is asked of it. */
  #worker(app: ObservedApp, worker: ObservedWorker, wanted: Set<string>): void {
    const whom = this.#options.questions(worker.id);
    const questions = whom === null ? [] : questionsFor(app, worker);
    const askings = questions.map((question) => this.#asked(question));
    for (const { question } of askings) wanted.add(question.key);
    const now = this.#options.clock();
    for (const asking of askings) {
      if (asking.check.dueAt > now || whom === null) continue;
      const { check, ask } = come(asking.check, now, asking.question.rhythm(asking.check));
      asking.check = check;
      if (ask) this.#ask(app.name, worker.id, asking, whom);
      else if (asking.question.probe !== null) {
        const { path, timeout } = asking.question.probe;
        asking.met = refusalOf('timeout', path, timeout) ?? '';
      }
    }
    if (worker.status === 'online') this.#judge(app, worker, askings);
  }

  #asked(question: Question): Asking {
    const known = this.#asking.get(question.key);
    if (known !== undefined) return known;
    const asking = { question, check: begin(question.from), met: '', hasAnswered: false };
    this.#asking.set(question.key, asking);
    return asking;
  }

  #ask(
    app: string,
    worker: number,
    asking: Asking,
    whom: NonNullable<ReturnType<HealthOptions['questions']>>,
  ): void {
    const { probe, key } = asking.question;
    const isWanted = (): boolean => this.#asking.get(key) === asking;
    const hear = (met: string | null): void => {
      const { check, question } = asking;
      if (!isWanted()) return;
      if (!check.isLate) asking.met = met ?? '';
      asking.check = answered(check, met === null, this.#options.clock(), question.rhythm(check));
      if (question.kind === 'ready')
        this.#options.note({ type: 'probed', at: this.#options.clock(), app, id: worker, refused: met });
      this.look();
    };
    if (probe === null) return whom.turn(() => hear(null));
    whom.probe(probe.path, probe.timeout, (outcome) => {
      const isUnprobed = outcome === 'no-server' && !asking.hasAnswered && asking.question.kind === 'check';
      if (outcome !== 'no-server') asking.hasAnswered = true;
      if (isUnprobed && isWanted()) this.#cannotProbe(app);
      hear(isUnprobed ? null : refusalOf(outcome, probe.path, probe.timeout));
    });
  }

  #judge(app: ObservedApp, worker: ObservedWorker, askings: readonly Asking[]): void {
    const { name } = app;
    const { id, slot, pid, readyAt } = worker;
    const verdicts = askings.flatMap(
      ({ question, check, met }) => question.verdict(check.failures, met) ?? [],
    );
    const found = verdicts.find(({ kind }) => kind === 'loop') ?? verdicts[0] ?? null;
    const failing: Failing | null = found?.kind === worker.failing?.kind ? worker.failing : found;
    const who = `${name}:${slot} (pid ${pid ?? '-'})`;
    if (failing !== worker.failing) {
      this.#options.say(
        failing === null ? `${who} is well again` : `${who} ${failing.cause}`,
        failing === null ? 'info' : 'bad',
      );
      this.#options.note({ type: 'failing', at: this.#options.clock(), app: name, id, failing });
    }
    if (failing === null || worker.unfit !== null || readyAt === null) return;
    // One that is blocked serves nobody: it is as if it had crashed.
    const longest = failing.kind === 'loop' ? MAX_BACKOFF : LONGEST_GRACE;
    if (this.#grace.allows(name, slot, this.#options.clock() - readyAt, longest))
      this.#options.unfit(name, id, failing.cause);
  }

  #cannotProbe(app: string): void {
    if (this.#unprobed.has(app)) return;
    this.#unprobed.add(app);
    this.#options.say(
      `${app}: health_check has nothing to ask: no HTTP server listens in its workers`,
      'bad',
    );
  }

  #sleep(): void {
    const next = Math.min(Infinity, ...[...this.#asking.values()].map(({ check }) => check.dueAt));
    if (next === Infinity) return;
    const delay = Math.max(0, Math.ceil(next - this.#options.clock()));
    this.#timer = setTimeout(() => this.look(), Math.min(delay, LONGEST_TIMER));
  }
}
