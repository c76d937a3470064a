/**
 * The terminal, taken over and given back. Whatever ends us short of SIGKILL, it is given back as it was: the
 * alternate screen left, the cursor shown, raw mode off.
 */
import { emitKeypressEvents } from 'node:readline';
import type { ReadStream, WriteStream } from 'node:tty';
import type { Key } from './keys.ts';
import type { Size } from './render.ts';

/** Alternate screen (which saves the cursor and what is shown), cursor hidden. */
const ENTER = '\x1b[?1049h\x1b[?25l';
const LEAVE = '\x1b[?25h\x1b[?1049l';
const CLEAR = '\x1b[2J';
/** Cleared before it is written: after the last column some terminals would clear that. */
const line = (row: number, text: string): string => `\x1b[${row + 1};1H\x1b[2K${text}`;

/** Signals that end us; we die of them all the same, so that whoever waits for us learns of it. */
const ENDINGS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

export interface ScreenEvents {
  readonly key: (key: Key) => void;
  /** The terminal has another size, or shows something else: paint again. */
  readonly repaint: () => void;
  /** The terminal has gone. */
  readonly gone: () => void;
}

export class Screen {
  readonly #in: ReadStream;
  readonly #out: WriteStream;
  readonly #events: ScreenEvents;
  #shown: readonly string[] = [];
  #isOpen = true;

  constructor(input: ReadStream, output: WriteStream, events: ScreenEvents) {
    this.#in = input;
    this.#out = output;
    this.#events = events;
    this.#listen('on');
    emitKeypressEvents(input);
    output.write(ENTER);
    input.setRawMode(true);
    input.resume();
  }

  /** A terminal that does not tell its size has 80×24. */
  get size(): Size {
    return { columns: this.#out.columns || 80, rows: this.#out.rows || 24 };
  }

  /** Writes the lines that have changed. */
  paint(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const changed = lines.map((text, row) => (text === this.#shown[row] ? '' : line(row, text))).join('');
    if (changed !== '') this.#out.write(changed);
    this.#shown = lines;
  }

  /** Forgets what is shown, so that all is painted again. */
  clear(): void {
    if (this.#isOpen) this.#out.write(CLEAR);
    this.#shown = [];
  }

  /** Gives the terminal back. Further calls do nothing. */
  close = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#listen('off');
    // What goes wrong from here on does so because the terminal has gone.
    this.#in.on('error', ignore);
    this.#out.on('error', ignore);
    this.#in.setRawMode(false);
    this.#in.pause();
    this.#out.write(LEAVE);
  };

  #listen(how: 'on' | 'off'): void {
    this.#in[how]('keypress', this.#keypress);
    this.#in[how]('end', this.#events.gone);
    this.#in[how]('error', this.#events.gone);
    this.#out[how]('error', this.#events.gone);
    this.#out[how]('resize', this.#resized);
    for (const signal of ENDINGS) process[how](signal, this.#dieOf);
    process[how]('SIGCONT', this.#continued);
    process[how]('exit', this.close);
    // Called before Node prints the error and ends, so that it is printed where it can be read.
    process[how]('uncaughtExceptionMonitor', this.close);
  }

  #keypress = (_text: unknown, key: Key): void => this.#events.key(key);

  #resized = (): void => {
    this.clear();
    this.#events.repaint();
  };

  /** After SIGSTOP the shell has had the terminal, with modes of its own. */
  #continued = (): void => {
    this.#in.setRawMode(false);
    this.#in.setRawMode(true);
    this.#resized();
  };

  /** By now nobody listens to the signal any more, so it does what it does by default. */
  #dieOf = (signal: NodeJS.Signals): void => {
    this.close();
    process.kill(process.pid, signal);
  };
}

function ignore(): void {}
