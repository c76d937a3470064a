/** The foreground view: the output of all workers, each line with its worker's name, among our own lines. */
import type { Line } from '../supervisor/narrator.ts';
import type { Launch, OutputSink } from '../workers/handle.ts';
import { styleFor, wantsColor, type Style } from './style.ts';

const US = 'cluster-up';
const COLORS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;
/** Names are aligned up to this width. */
const MAX_WIDTH = 24;

export class Console implements OutputSink {
  readonly #out: Style = styleFor(wantsColor(process.stdout));
  readonly #err: Style = styleFor(wantsColor(process.stderr));
  readonly #waiting: (() => void)[] = [];
  #width = US.length;

  constructor() {
    const writable = (): void => {
      if (process.stdout.writableNeedDrain || process.stderr.writableNeedDrain) return;
      for (const resume of this.#waiting.splice(0)) resume();
    };
    for (const stream of [process.stdout, process.stderr]) {
      stream.on('drain', writable);
      // Whoever read us has gone. The apps go on all the same, unheard.
      stream.on('error', writable);
    }
  }

  write = (launch: Launch, stream: 'out' | 'err', lines: readonly string[]): boolean =>
    this.output(launch.spec.name, launch.slot, stream, lines);

  whenWritable = (resume: () => void): void => {
    this.#waiting.push(resume);
  };

  /** Lines of a worker's output; false asks to wait for `whenWritable`. */
  output(app: string, slot: number, stream: 'out' | 'err', lines: readonly string[]): boolean {
    const [target, style] = stream === 'out' ? [process.stdout, this.#out] : [process.stderr, this.#err];
    if (target.destroyed) return true;
    const prefix = style(COLORS[hash(app) % COLORS.length] ?? 'cyan', `${this.#label(`${app}:${slot}`)} |`);
    return target.write(lines.map((line) => `${prefix} ${line}\n`).join(''));
  }

  /** A line of ours; what went wrong goes to stderr. */
  say = ({ level, text }: Line): void => {
    const target = level === 'bad' ? process.stderr : process.stdout;
    const style = level === 'bad' ? this.#err : this.#out;
    if (target.destroyed) return;
    const prefix = style(level === 'bad' ? 'red' : 'dim', `${this.#label(US)} |`);
    const lines = text.split('\n').map((line) => `${prefix} ${level === 'good' ? style('green', line) : line}\n`);
    target.write(lines.join(''));
  };

  #label(text: string): string {
    this.#width = Math.min(MAX_WIDTH, Math.max(this.#width, text.length));
    return text.padEnd(this.#width);
  }
}

function hash(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum = (sum * 31 + text.charCodeAt(i)) >>> 0;
  return sum;
}
