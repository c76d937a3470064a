/** Live lines at the bottom of a terminal, a line per app that is on its way; none in a pipe. */
import type { AppState } from '../model/state.ts';
import { aboutCanary } from './render-state.ts';
import type { Style } from './style.ts';

/** What is shown of an app. */
export interface AppProgress {
  readonly name: string;
  readonly status: AppState['status'];
  /** Ready workers of the wanted revision, and how many there are to be. */
  readonly updated: number;
  readonly total: number;
  /** Workers on their way out. */
  readonly leaving: number;
  /** What is to be said of its canary; empty where there is none. */
  readonly canary: string;
}

const BAR = 20;

/** Nothing for apps that are where they should be. No line is wider than `width`. */
export function progressLines(apps: readonly AppProgress[], width: number, style: Style): string[] {
  const moving = apps.filter(
    ({ updated, total, leaving, canary }) => updated < total || leaving > 0 || canary !== '',
  );
  const names = Math.min(24, Math.max(0, ...moving.map(({ name }) => name.length)));
  return moving.map(({ name, status, updated, total, leaving, canary }) => {
    const filled = total === 0 ? BAR : Math.round((BAR * updated) / total);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR - filled);
    const rest = leaving === 0 ? '' : `, ${leaving} leaving`;
    const text = `${name.slice(0, names).padEnd(names)} ${bar} ${updated}/${total} ${status}${canary}${rest}`;
    return style('cyan', text.slice(0, Math.max(0, width - 1)));
  });
}

export function progressOf(app: AppState): AppProgress {
  const { name, status, rollout, workers } = app;
  const leaving = workers.filter(
    (worker) => worker.status === 'draining' || worker.status === 'stopping',
  ).length;
  return { name, status, updated: rollout.updated, total: rollout.total, leaving, canary: aboutCanary(app) };
}

/** Cursor up to the first of `n` lines, and everything from there cleared. */
const up = (n: number): string => `\x1b[${n}F\x1b[J`;

/** Lines that stay below whatever else is written to the terminal. */
export class Footer {
  readonly #lines: () => readonly string[];
  readonly #write: (text: string) => void;
  /** The lines on the terminal now. */
  #shown: readonly string[] = [];
  #timer: NodeJS.Timeout | undefined;

  /** @param lines what to show now; empty hides the footer */
  constructor(lines: () => readonly string[], write: (text: string) => void) {
    this.#lines = lines;
    this.#write = write;
  }

  /** Runs `print` with the footer out of the way. */
  around<T>(print: () => T): T {
    this.hide();
    const result = print();
    this.refresh();
    return result;
  }

  /** Brings it up to date; again by itself while anything is shown, since a drain ends without a word. */
  refresh = (): void => {
    const lines = this.#lines();
    const isSame = lines.length === this.#shown.length && lines.every((line, i) => line === this.#shown[i]);
    if (!isSame) {
      this.hide();
      this.#write(lines.map((line) => `${line}\n`).join(''));
      this.#shown = lines;
    }
    clearTimeout(this.#timer);
    if (lines.length > 0) this.#timer = setTimeout(this.refresh, REFRESH).unref();
  };

  hide(): void {
    clearTimeout(this.#timer);
    if (this.#shown.length > 0) this.#write(up(this.#shown.length));
    this.#shown = [];
  }
}

/** In ms. */
const REFRESH = 100;
