/**
 * How much later than planned the supervisor's own event loop comes round: while it stands still, no edit is followed,
 * no crash mended and no command answered. It is told once when it has stood still for long, and shown at all times.
 */
import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';

/** Of the supervisor's event loop, in ms, over the last 30 to 60 s. */
export interface LoopDelay {
  readonly p99: number;
  readonly max: number;
}

export interface LoopWatchOptions {
  /** It stood still for so long, in ms. Told again only after a time without. */
  readonly stood: (ms: number) => void;
  readonly histogram?: Pick<IntervalHistogram, 'enable' | 'disable' | 'reset' | 'percentile' | 'max'>;
}

/** How often the delay is sampled, in ms. */
const RESOLUTION = 50;
/** How often it is looked at, in ms, and how often anew. */
const LOOK = 2000;
const WINDOW = 15 * LOOK;
/** That is no good any more, in ms. */
const LONG = 1000;

const NONE: LoopDelay = { p99: 0, max: 0 };

export class LoopWatch {
  readonly #histogram: NonNullable<LoopWatchOptions['histogram']>;
  readonly #stood: (ms: number) => void;
  readonly #timer: NodeJS.Timeout;
  #before: LoopDelay = NONE;
  #looks = 0;
  #isTold = false;

  constructor({ stood, histogram = monitorEventLoopDelay({ resolution: RESOLUTION }) }: LoopWatchOptions) {
    this.#histogram = histogram;
    this.#stood = stood;
    histogram.enable();
    this.#timer = setInterval(() => this.#look(), LOOK).unref();
  }

  get delay(): LoopDelay {
    const now = this.#now();
    return { p99: Math.max(now.p99, this.#before.p99), max: Math.max(now.max, this.#before.max) };
  }

  close(): void {
    clearInterval(this.#timer);
    this.#histogram.disable();
  }

  #look(): void {
    const { max } = this.#now();
    if (max >= LONG && !this.#isTold) {
      this.#isTold = true;
      this.#stood(max);
    }
    this.#looks += 1;
    if (this.#looks * LOOK < WINDOW) return;
    this.#looks = 0;
    this.#isTold = max >= LONG;
    this.#before = this.#now();
    this.#histogram.reset();
  }

  #now(): LoopDelay {
    return { p99: beyondPlan(this.#histogram.percentile(99)), max: beyondPlan(this.#histogram.max) };
  }
}

/** For people. */
export function stoodText(ms: number): string {
  return `the supervisor’s event loop stood still for ${(ms / 1000).toFixed(1)} s: it was stopped, or the machine is overloaded; the apps went on, but edits, crashes and commands had to wait`;
}

/** The histogram holds the time between two samples, in ns, which includes the time that was planned. */
function beyondPlan(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION);
}
