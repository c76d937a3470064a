/**
 * This process as a service of systemd (or of whoever speaks its protocol): it says when it is ready, reloads or stops,
 * what runs, and that it is well.
 */
import type { Line } from '../../model/notice.ts';
import type { AppState } from '../../model/state.ts';
import { Ending } from '../lifecycle.ts';
import { Notifier } from './notifier.ts';

/** What a session has, as far as this is concerned. */
export interface Subject {
  readonly summary: readonly AppState[];
  /** Resolves once nothing is under way any more, and rejects where the end comes first. */
  readonly wait: () => Promise<unknown>;
  /** Resolves once it has looked at everything again. */
  readonly pulse: () => Promise<void>;
  readonly listen: (listener: (line: Line) => void) => () => void;
}

/** What is under way is asked to be given more time this often, in ms: the manager's own limits know no rollouts. */
const AT_LEAST = 20_000;
/** How much more, in ms. */
const MORE = 60_000;
/** Changes within this long, in ms, are one status. */
const QUIET = 500;
/** Of a status, in UTF-16 code units. */
const LONGEST = 500;

export class Service {
  readonly #notifier: Notifier;
  /** The manager acts when it has heard nothing for this long, in ms. */
  readonly #watchdog: number | null;
  #phase: 'starting' | 'running' | 'stopping' = 'starting';
  #reloads = 0;
  #beat: NodeJS.Timeout | undefined;
  #statusSoon: NodeJS.Timeout | undefined;
  #status = '';
  #unlisten = (): void => {};

  /**
   * Null where no service manager listens. The variables are taken out of `env`: what the apps say is not for it.
   *
   * @param failed called once, with why it cannot be told anything
   */
  static take(env: NodeJS.ProcessEnv, failed: (reason: string) => void): Service | null {
    const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: usec, WATCHDOG_PID: pid } = env;
    for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) Reflect.deleteProperty(env, name);
    if (socket === undefined || socket === '') return null;
    const isOurs = pid === undefined || Number(pid) === process.pid;
    const ms = Number(usec) / 1000;
    return new Service(new Notifier(socket, failed), isOurs && ms > 0 ? ms : null);
  }

  private constructor(notifier: Notifier, watchdog: number | null) {
    this.#notifier = notifier;
    this.#watchdog = watchdog;
  }

  /** Ready is said once it is so, or once it is clear what cannot be: the status has that. */
  follow(subject: Subject): void {
    const every = Math.min(AT_LEAST, (this.#watchdog ?? Infinity) / 2);
    this.#beat = setInterval(() => void this.#tick(subject), every);
    this.#unlisten = subject.listen(() => this.#changed(subject));
    void settled(subject).then(() => {
      if (this.#phase !== 'starting') return;
      this.#phase = 'running';
      this.#ready(subject);
    });
  }

  /** Says that it reloads for as long as `work` takes. */
  async reload(subject: Subject, work: () => Promise<void>): Promise<void> {
    this.#reloads += 1;
    const now = process.hrtime.bigint() / 1000n;
    this.#notifier.send({ RELOADING: 1, MONOTONIC_USEC: String(now) });
    await work();
    await settled(subject);
    this.#reloads -= 1;
    if (this.#reloads === 0 && this.#phase === 'running') this.#ready(subject);
  }

  stopping(): void {
    if (this.#phase === 'stopping') return;
    this.#phase = 'stopping';
    this.#notifier.send({ STOPPING: 1, STATUS: 'draining' });
  }

  /** Nothing more is said, and nothing keeps the process alive. */
  close(): void {
    this.#unlisten();
    clearInterval(this.#beat);
    clearTimeout(this.#statusSoon);
  }

  #ready(subject: Subject): void {
    this.#status = statusOf(subject.summary);
    this.#notifier.send({ READY: 1, STATUS: this.#status });
  }

  async #tick(subject: Subject): Promise<void> {
    // Messages that do not get through must not pile up.
    if (this.#notifier.isBusy) return;
    await subject.pulse();
    const isSettled = this.#phase === 'running' && this.#reloads === 0;
    const message = {
      ...(this.#watchdog === null ? {} : { WATCHDOG: 1 }),
      ...(isSettled ? {} : { EXTEND_TIMEOUT_USEC: MORE * 1000 }),
    };
    if (Object.keys(message).length > 0) this.#notifier.send(message);
  }

  #changed(subject: Subject): void {
    this.#statusSoon ??= setTimeout(() => {
      this.#statusSoon = undefined;
      if (this.#notifier.isBusy) return this.#changed(subject);
      const status = statusOf(subject.summary);
      if (status === this.#status || this.#phase === 'stopping') return;
      this.#status = status;
      this.#notifier.send({ STATUS: status });
    }, QUIET);
  }
}

/** Where the end comes first, that has been said. */
async function settled(subject: Subject): Promise<void> {
  await subject.wait().catch((error: unknown) => {
    if (!(error instanceof Ending)) throw error;
  });
}

/** `api 4/4 online, jobs 0/1 errored` */
export function statusOf(apps: readonly AppState[]): string {
  const text = apps
    .map(({ name, ready, desired, status }) => `${name} ${ready}/${desired} ${status}`)
    .join(', ');
  return text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
}
