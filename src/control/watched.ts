/**
 * A client whose calls fail once the supervisor is seen to stand still: as long as it only is slow, they wait. Nothing is
 * asked before it has answered for the first time, or it would do later what the user has been told that it did not.
 */
import type { Client } from './client.ts';
import { Looks } from './stillness.ts';
import { Unreachable } from './unreachable.ts';

/** In ms. */
const STEP = 400;

/** @param holder the process of the supervisor; null where that is not known, so that nothing is told of it */
export function watched(client: Client, holder: () => number | null): Client {
  const vigil = new Vigil(client, holder);
  let first: Promise<unknown> | null = null;
  return {
    call: (op, args, item) => {
      first ??= answered(client);
      return vigil.over(first.then(() => client.call(op, args, item)));
    },
    close: () => client.close(),
  };
}

/** A supervisor of an earlier version says that it knows no such thing, which is an answer. Never rejects. */
function answered(client: Client): Promise<unknown> {
  return client.call('ping', {}).catch(() => null);
}

class Vigil {
  readonly #client: Client;
  readonly #holder: () => number | null;
  /** Of the calls that have not been answered yet. */
  readonly #failing = new Set<(error: Unreachable) => void>();
  readonly #looks = new Looks();
  #timer: NodeJS.Timeout | undefined;
  #isPinging = false;
  #pid: number | null = null;

  constructor(client: Client, holder: () => number | null) {
    this.#client = client;
    this.#holder = holder;
  }

  over<T>(answer: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#failing.add(reject);
      this.#timer ??= setInterval(() => this.#look(), STEP).unref();
      answer.then(resolve, reject).finally(() => {
        this.#failing.delete(reject);
        if (this.#failing.size > 0) return;
        clearInterval(this.#timer);
        this.#timer = undefined;
      });
    });
  }

  #look(): void {
    if (!this.#isPinging) return this.#ping();
    this.#pid ??= this.#holder();
    const how = this.#looks.again(this.#pid);
    if (how === null || this.#pid === null) return;
    for (const fail of this.#failing) fail(new Unreachable(this.#pid, how));
    this.#client.close();
  }

  #ping(): void {
    this.#isPinging = true;
    this.#looks.forget();
    void answered(this.#client).then(() => (this.#isPinging = false));
  }
}
