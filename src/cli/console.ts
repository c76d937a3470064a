/** The foreground view: the output of all workers, each line with its worker's name, among our own lines. */
import { count } from '../model/text.ts';
import { BoundedOutput } from './bounded-output.ts';
import { printable, printableLines, withColors } from './printable.ts';
import { Footer, progressLines, type AppProgress } from './progress.ts';
import type { Line } from '../model/notice.ts';
import type { Launch, OutputSink } from '../workers/handle.ts';
import { styleFor, wantsColor, type Style } from './style.ts';

const US = 'cluster-up';
const STREAMS = { out: 'stdout', err: 'stderr' } as const;
const COLORS = ['cyan', 'yellow', 'green', 'magenta', 'blue'] as const;
/** Names are aligned up to this width. */
const MAX_WIDTH = 24;

export class Console implements OutputSink {
  readonly #out: Style = styleFor(wantsColor(process.stdout));
  readonly #err: Style = styleFor(wantsColor(process.stderr));
  readonly #output = { out: this.#bounded(process.stdout), err: this.#bounded(process.stderr) };
  /** Only on a terminal. */
  #footer: Footer | null = null;
  readonly #silent: boolean;
  #width = US.length;

  /** @param silent show only what went wrong */
  constructor(silent = false) {
    this.#silent = silent;
    // Whoever read us has gone. The apps go on all the same, unheard.
    for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  }

  write = (launch: Launch, stream: 'out' | 'err', lines: readonly string[]): boolean =>
    this.output(launch.spec.name, launch.slot, stream, lines);

  whenWritable = (resume: () => void, _launch: Launch, stream: 'out' | 'err'): void =>
    this.#output[stream].whenWritable(resume);

  /** Lines of a worker's output; false asks to wait for `whenWritable`. */
  output(app: string, slot: number, stream: 'out' | 'err', lines: readonly string[]): boolean {
    const style = stream === 'out' ? this.#out : this.#err;
    const prefix = style(
      COLORS[hash(app) % COLORS.length] ?? 'cyan',
      `${this.#label(printable(`${app}:${slot}`))} |`,
    );
    // Whatever else reads it gets what the app has written.
    const shown = process[STREAMS[stream]].isTTY ? lines.map(withColors) : lines;
    return this.#print(stream, shown.map((line) => `${prefix} ${line}\n`).join(''));
  }

  /** Shows how far the apps are, below everything else, as long as one is on its way. */
  track(read: () => readonly AppProgress[]): void {
    if (!process.stdout.isTTY || !process.stderr.isTTY || this.#silent) return;
    const lines = (): string[] => progressLines(read(), process.stdout.columns || 80, this.#out);
    this.#footer = new Footer(lines, (text) => void this.#output.out.write(text));
    process.stdout.on('resize', this.#footer.refresh);
    this.#footer.refresh();
  }

  /** What is tracked has changed. */
  refresh(): void {
    this.#footer?.refresh();
  }

  /** Nothing is shown below any more. */
  untrack(): void {
    if (this.#footer === null) return;
    process.stdout.removeListener('resize', this.#footer.refresh);
    this.#footer.hide();
    this.#footer = null;
  }

  /** A line of ours; what went wrong goes to stderr. */
  say = ({ level, text }: Line): void => {
    if (this.#silent && level !== 'bad') return;
    const style = level === 'bad' ? this.#err : this.#out;
    const prefix = style(level === 'bad' ? 'red' : 'dim', `${this.#label(US)} |`);
    const lines = printableLines(text)
      .split('\n')
      .map((line) => `${prefix} ${level === 'good' ? style('green', line) : line}\n`);
    this.#print(level === 'bad' ? 'err' : 'out', lines.join(''));
  };

  #print(stream: 'out' | 'err', text: string): boolean {
    const output = this.#output[stream];
    return this.#footer === null ? output.write(text) : this.#footer.around(() => output.write(text));
  }

  #bounded(stream: NodeJS.WriteStream): BoundedOutput {
    unblock(stream);
    return new BoundedOutput(
      stream,
      (lines) => `${US} | ${count(lines, 'line')} of output dropped: nobody read them\n`,
    );
  }

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

/**
 * Node writes to a terminal until all has been written, and stands still meanwhile: one that is held (Ctrl-S) would hold
 * up the supervision of the apps, and the end.
 */
function unblock(stream: NodeJS.WriteStream): void {
  const { _handle: handle } = stream as { _handle?: { setBlocking?: (blocking: boolean) => number } };
  if (stream.isTTY && process.platform !== 'win32') handle?.setBlocking?.(false);
}
