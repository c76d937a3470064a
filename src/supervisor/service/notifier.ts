/** Messages to the service manager, by the protocol of sd_notify(3). */
import { execFile } from 'node:child_process';

/** `READY=1` and the like. */
export type Message = Readonly<Record<string, string | number>>;

/** Node has no datagram sockets of this kind; this program is part of systemd. */
const PROGRAM = 'systemd-notify';
/** Whoever does not take a message within this long, in ms, does not get it. */
const PATIENCE = 10_000;

export class Notifier {
  readonly #socket: string;
  /** Called once, with why messages do not arrive. */
  readonly #failed: (reason: string) => void;
  #last: Promise<void> = Promise.resolve();
  #waiting = 0;
  #hasFailed = false;

  /** @param socket the value of NOTIFY_SOCKET: a path, or `@` and an abstract name */
  constructor(socket: string, failed: (reason: string) => void) {
    this.#socket = socket;
    this.#failed = failed;
  }

  /** Messages are on their way still. */
  get isBusy(): boolean {
    return this.#waiting > 0;
  }

  /** One after the other, in this order. */
  send(message: Message): void {
    this.#waiting += 1;
    this.#last = this.#last.then(() => this.#send(message)).finally(() => (this.#waiting -= 1));
  }

  #send(message: Message): Promise<void> {
    const words = Object.entries(message).map(([name, value]) => `${name}=${value}`);
    const env = { PATH: process.env['PATH'], NOTIFY_SOCKET: this.#socket };
    return new Promise((resolve) => {
      const done = (error: unknown): void => {
        if (error !== null) this.#tell(error as Error);
        resolve();
      };
      try {
        execFile(PROGRAM, words, { env, timeout: PATIENCE }, done);
      } catch (error) {
        // What is said next may arrive again.
        done(error);
      }
    });
  }

  #tell(error: Error): void {
    if (this.#hasFailed) return;
    this.#hasFailed = true;
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    this.#failed(isMissing ? `${PROGRAM} is not installed` : error.message.trim());
  }
}
