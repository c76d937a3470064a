/** What was asked for by hand, on disk, for the next supervisor; an orderly end removes it. */
import { existsSync, rmSync } from 'node:fs';
import { atOnce, isCode } from '../../files/calls.ts';
import { readBounded, whyUnreadable } from '../../files/read.ts';
import { withReserve } from '../../files/reserve.ts';
import { orElse } from '../../files/proc-fs.ts';
import type { Line } from '../../model/notice.ts';
import { formatKept, parseKept, type KeptIntents } from '../kept-intents.ts';
import { StateFile } from './state-file.ts';

/** In bytes: tens of thousands of apps. */
const LIMIT = 4 * 2 ** 20;

export class IntentFile {
  readonly #about: string;
  readonly #places: readonly [string, ...string[]];
  readonly #say: (line: Line) => void;
  readonly #onDisk: StateFile;
  /** What the file is to say, empty where there is to be none; null before anything is known of it. */
  #text: string | null = null;

  /**
   * @param about the ecosystem file
   * @param places where it may be: it is written to the first; a supervisor that died may have had another
   * @param say as of `StateFile`; and told of one that cannot be read
   */
  constructor(about: string, places: readonly [string, ...string[]], say: (line: Line) => void) {
    this.#about = about;
    this.#places = places;
    this.#say = say;
    this.#onDisk = new StateFile(places[0], say, 'know what was asked for by hand since');
  }

  /** Whether anything is on disk. */
  get isThere(): boolean {
    return this.#places.some((place) => existsSync(place));
  }

  /** What a supervisor that died has kept. */
  read(): KeptIntents {
    for (const place of this.#places) {
      const kept = this.#readAt(place);
      if (kept !== null) return kept;
    }
    return new Map();
  }

  /** From now on, and nothing that was kept elsewhere. Never throws. */
  keep(kept: KeptIntents): void {
    const text = kept.size === 0 ? '' : formatKept(this.#about, kept);
    if (text === this.#text) return;
    if (text === '') return this.drop();
    this.#text = text;
    this.#onDisk.replace(() => text);
    this.#drop(this.#places.slice(1));
  }

  /** Nothing of it is left for anybody. Never throws. */
  drop(): void {
    this.#text = '';
    this.#drop(this.#places.slice(1));
    if (existsSync(this.#places[0])) this.#onDisk.remove();
  }

  /** Writes it anew where it is not as it was written, or could not be; to be called from time to time. */
  check(): void {
    const text = this.#text;
    if (text !== null && text !== '' && !this.#onDisk.isAsWritten) this.#onDisk.replace(() => text);
  }

  touch(): void {
    this.#onDisk.touch();
  }

  #readAt(place: string): KeptIntents | null {
    try {
      const bytes = withReserve(() => atOnce(readBounded(place, LIMIT)));
      return parseKept(new TextDecoder().decode(bytes), this.#about);
    } catch (error) {
      if (isCode(error, 'ENOENT')) return null;
      const text = `${place} is ignored, as ${whyUnreadable(error)}: what was asked for by hand is forgotten`;
      this.#say({ level: 'bad', text });
      return null;
    }
  }

  #drop(places: readonly string[]): void {
    for (const place of places) orElse(null, () => rmSync(place, { force: true }));
  }
}
