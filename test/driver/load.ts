/** The client, which is a process of its own: see client.js. */
import { fork, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { addressOf } from './model.ts';
import type { App } from './content.ts';

export interface Failure {
  /** The address. */
  readonly key: string;
  readonly error: string;
  /** Whether it was sent on a connection that had been used before. */
  readonly kept: boolean;
  /** Ms since the epoch. */
  readonly begun: number;
  readonly ended: number;
}

/** Since it was asked the last time; `requests` in all. */
export interface Tally {
  readonly requests: number;
  readonly failures: readonly Failure[];
}

export class Load {
  readonly #child: ChildProcess = fork(path.join(import.meta.dirname, 'client.js'), [], {
    execArgv: [],
    env: {},
  });
  readonly #waiting = new Map<number, (tally: Tally) => void>();
  #lastId = 0;

  constructor() {
    this.#child.on('message', (message) => {
      const answer = message as Tally & { id: number };
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
  }

  /** Sends requests to these from now on, and to no other; resolves once what was in flight to others has ended. */
  on(apps: readonly App[]): Promise<Tally> {
    return this.#ask({ load: apps.map((app) => ({ key: addressOf(app), to: targetOf(app) })) });
  }

  tally(): Promise<Tally> {
    return this.#ask({});
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #ask(question: object): Promise<Tally> {
    const id = ++this.#lastId;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#child.send({ id, ...question });
    });
  }
}

export function targetOf({ port, socket }: App): { socketPath: string } | { host: string; port: number } {
  return socket === null ? { host: '127.0.0.1', port: port ?? 0 } : { socketPath: socket };
}
