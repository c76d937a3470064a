/** The environment that somebody has brought last: by `up`, or with `--update-env`. */
import type { ShellEnvironment } from '../model/inherited.ts';
import type { Effects } from './effects.ts';

export class Brought {
  #last: ShellEnvironment | undefined;

  /** From now on the file means what it means in this one. */
  take(environment: ShellEnvironment): void {
    this.#last = environment;
  }

  /** The file is read in it, unless another one is given. */
  over(effects: Effects): Effects {
    return {
      ...effects,
      load: (environment = this.#last, releaseOf) => effects.load(environment, releaseOf),
    };
  }
}
