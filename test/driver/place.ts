/** The folder of the ecosystem file, and every way in which people and programs save one. */
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { MAIN, render, type Content } from './content.ts';

export const WAYS = [
  'written in place',
  'renamed over',
  'removed and written',
  'removed and written twice',
  'a link swapped',
  'the folder swapped',
  'the folder a link to another',
  'emptied and written in pieces',
  'moved away and back',
  'the folder moved away and back',
] as const;
export type Way = (typeof WAYS)[number];

/**
 * The main file last, since it may name others that are new; but first where an app moves into it, or the app would be
 * in no file for a while. In both it is a mistake for a while, and what runs goes on.
 */
function orderOf(before: Content, after: Content): string[] {
  const movesIn = after.apps.some(({ name, from }) => {
    const was = before.apps.find((app) => app.name === name);
    return from === 'main' && was?.from === 'included';
  });
  const others = [...render(after).keys()].filter((name) => name !== MAIN);
  return movesIn ? [MAIN, ...others] : [...others, MAIN];
}

/** As an editor on a slow disk does; each is a file that is not valid, also where it is read in between. */
async function writeInPieces(file: string, text: string): Promise<void> {
  const most = Math.max(0, text.length - 3);
  for (const piece of ['', text.slice(0, most), text]) {
    writeFileSync(file, piece);
    // Not a wait for anything: so long is it what it is.
    await sleep(10);
  }
}

export class Place {
  /** Everything of the seed is in here. */
  readonly root: string;
  readonly folder: string;
  readonly file: string;
  readonly home: string;
  /** Of sockets that apps listen on. */
  readonly sockets: string;
  #count = 0;
  /** The name of the folder while it is away. */
  #away = '';

  constructor() {
    // Apps of another user read their script in it.
    this.root = mkdtempSync(path.join(os.tmpdir(), 'cu-driver-'));
    chmodSync(this.root, 0o711);
    this.folder = path.join(this.root, 'app');
    this.file = path.join(this.folder, MAIN);
    this.home = path.join(this.root, 'home');
    this.sockets = path.join(this.root, 'sockets');
    cpSync(path.join(import.meta.dirname, 'apps'), this.folder, { recursive: true });
    for (const folder of [this.home, this.sockets]) mkdirSync(folder, { mode: 0o700 });
    chmodSync(this.folder, 0o755);
    for (const [name, text] of render({ apps: [], fault: null }))
      writeFileSync(path.join(this.folder, name), text);
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }

  /** @param before what is there now: some ways save it once more, first. */
  async save(content: Content, way: Way, before: Content): Promise<void> {
    if (before.fault === 'folder away') renameSync(this.#away, this.folder);
    const files = render(content);
    if (way === 'the folder swapped' || way === 'the folder a link to another') {
      const next = this.#nextFolder(files);
      if (way === 'the folder swapped') this.#swapFolder(next);
      else this.#switchLink(next);
      return;
    }
    if (way === 'the folder moved away and back') return this.#moveFolder(files);
    for (const name of orderOf(before, content)) {
      const text = files.get(name) ?? '';
      const was = render(before).get(name) ?? '';
      if (text !== was || name === MAIN) await this.#save(path.join(this.folder, name), text, way, was);
    }
  }

  async #save(file: string, text: string, way: Way, before: string): Promise<void> {
    const other = `${file}.${++this.#count}`;
    if (way === 'renamed over') {
      writeFileSync(other, text);
      renameSync(other, file);
    } else if (way === 'a link swapped') {
      writeFileSync(`${other}.version`, text);
      symlinkSync(path.basename(`${other}.version`), other);
      renameSync(other, file);
    } else if (way === 'moved away and back') {
      if (existsSync(file)) renameSync(file, other);
      // Not a wait for anything: it is away for a while.
      await sleep(20);
      writeFileSync(other, text);
      renameSync(other, file);
    } else if (way === 'emptied and written in pieces') {
      await writeInPieces(file, text);
    } else {
      if (way !== 'written in place') rmSync(file, { force: true });
      if (way === 'removed and written twice') {
        writeFileSync(file, before);
        // The second comes while the first is being noticed.
        await sleep(80);
        rmSync(file);
      }
      writeFileSync(file, text);
    }
  }

  #nextFolder(files: ReadonlyMap<string, string>): string {
    const next = `${this.folder}.${++this.#count}`;
    cpSync(realpathSync(this.folder), next, { recursive: true, verbatimSymlinks: true });
    for (const [name, text] of files) {
      rmSync(path.join(next, name), { force: true });
      writeFileSync(path.join(next, name), text);
    }
    return next;
  }

  /** Another folder takes its name. Processes keep the one that they run in. */
  #swapFolder(next: string): void {
    renameSync(this.folder, `${this.folder}.${++this.#count}`);
    renameSync(next, this.folder);
  }

  /** As a deploy does: it is never missing once it is a link. */
  #switchLink(next: string): void {
    const link = `${this.folder}.${++this.#count}`;
    symlinkSync(next, link);
    if (!lstatSync(this.folder).isSymbolicLink()) renameSync(this.folder, `${this.folder}.${++this.#count}`);
    renameSync(link, this.folder);
  }

  async #moveFolder(files: ReadonlyMap<string, string>): Promise<void> {
    const away = `${this.folder}.${++this.#count}`;
    renameSync(this.folder, away);
    await sleep(20);
    for (const [name, text] of files) writeFileSync(path.join(away, name), text);
    renameSync(away, this.folder);
  }

  moveAway(what: 'file away' | 'folder away'): void {
    const from = what === 'file away' ? this.file : this.folder;
    this.#away = `${from}.${++this.#count}`;
    renameSync(from, this.#away);
  }

  /** Another time of change, or other permissions, and the same content. */
  touch(): void {
    const { mode } = statSync(this.file);
    chmodSync(this.file, mode & 0o004 ? 0o640 : 0o644);
    utimesSync(this.file, new Date(), new Date());
  }
}
