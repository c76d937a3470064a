/** Faults of ours: each is told with all there is to find it by, and the same one not again and again. */
import type { Line } from '../model/notice.ts';
import { messageOf } from '../model/text.ts';

/** The same fault is told again after this long, in ms. */
const QUIET = 60_000;
/** So many different ones are remembered. */
const MAX_KNOWN = 100;

export interface FaultsOptions {
  readonly say: (line: Line) => void;
  /** With the stack; must not throw. */
  readonly log: (error: unknown) => void;
  /** In ms. */
  readonly now?: () => number;
}

export class Faults {
  readonly #options: FaultsOptions;
  /** By what is said of it: when it was, and how often since then. */
  readonly #known = new Map<string, { at: number; times: number }>();
  #isTelling = false;

  constructor(options: FaultsOptions) {
    this.#options = options;
  }

  /** Never throws. */
  tell = (what: string, error: unknown): void => {
    const text = `cluster-up failed at ${what}: ${messageOf(error)}`;
    const now = (this.#options.now ?? (() => performance.now()))();
    const known = this.#known.get(text);
    if (known !== undefined && now - known.at < QUIET) {
      known.times += 1;
      return;
    }
    this.#known.delete(text);
    if (this.#known.size >= MAX_KNOWN) this.#known.delete([...this.#known.keys()][0] ?? '');
    this.#known.set(text, { at: now, times: 1 });
    const more =
      (known?.times ?? 1) > 1 ? ` (${(known?.times ?? 1) - 1} times more since it was said last)` : '';
    this.#options.log(error);
    this.#say({ level: 'bad', text: `${text}${more}; it goes on` });
  };

  /** Who is told may be what fails. */
  #say(line: Line): void {
    if (this.#isTelling) return;
    this.#isTelling = true;
    try {
      this.#options.say(line);
    } catch (error) {
      this.#options.log(error);
    } finally {
      this.#isTelling = false;
    }
  }
}
