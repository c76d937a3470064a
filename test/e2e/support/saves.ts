/** Random sequences of the ways in which people and tools change an ecosystem file and what belongs to it. */
import * as fs from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';

const FILES = ['ecosystem.yml', 'part.yml', 'app.env'] as const;
type Name = (typeof FILES)[number];

const KINDS = [
  'write in place',
  'write twice',
  'write and keep the times',
  'rename over',
  'remove and write',
  'remove',
  'link',
  'link and back',
  'folder swap',
  'folder link swap',
  'move and back',
  'move, write and back',
  'folder away and back',
  'chmod',
  'touch',
] as const;
type Kind = (typeof KINDS)[number];

interface Save {
  readonly kind: Kind;
  readonly name: Name;
  readonly isValid: boolean;
  /** In the middle of it, in ms. */
  readonly within: number;
  /** After it, in ms. */
  readonly gap: number;
}

interface Change extends Pick<Save, 'name' | 'isValid'> {
  readonly file: string;
  readonly text: string;
  readonly pause: () => Promise<void>;
}

export interface Sequence {
  /** How the file is reached at first. */
  readonly shape: 'file' | 'linked file' | 'linked folder';
  /** Whether the system tells of changes. */
  readonly isWatched: boolean;
  readonly saves: readonly Save[];
}

const gap = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 300 }));

export const sequences: fc.Arbitrary<Sequence> = fc.record({
  shape: fc.constantFrom('file', 'linked file', 'linked folder'),
  isWatched: fc.boolean(),
  saves: fc.array(
    fc.record({
      kind: fc.constantFrom(...KINDS),
      // Most edits are of the file itself.
      name: fc.constantFrom<Name>('ecosystem.yml', 'ecosystem.yml', ...FILES),
      isValid: fc.oneof(fc.constant(true), fc.boolean()),
      within: gap,
      gap,
    }),
    { minLength: 1, maxLength: 10 },
  ),
});

/** A folder in which one sequence happens. */
export class Saves {
  /** The path by which the ecosystem file is followed. */
  readonly file: string;
  readonly #root: string;
  readonly #folder: string;
  /** Paths in the file are relative to the folder of the path that it is followed by. */
  readonly #prefix: string;
  #content = 0;
  #copies = 0;

  readonly #ways: Readonly<Record<Kind, (change: Change) => void | Promise<void>>> = {
    'write in place': ({ file, text }) => fs.writeFileSync(file, text),
    'write twice': async ({ file, name, text, pause }) => {
      fs.writeFileSync(file, this.#text(name, true));
      await pause();
      fs.writeFileSync(file, text);
    },
    'write and keep the times': ({ file, text }) => {
      const { atime, mtime } = fs.statSync(file);
      fs.writeFileSync(file, text);
      fs.utimesSync(file, atime, mtime);
    },
    'rename over': ({ file, text }) => {
      fs.writeFileSync(`${file}.new`, text);
      fs.renameSync(`${file}.new`, file);
    },
    'remove and write': async ({ file, text, pause }) => {
      fs.rmSync(file);
      await pause();
      fs.writeFileSync(file, text);
    },
    remove: ({ file }) => fs.rmSync(file),
    link: ({ file, name, text }) => this.#link(file, name, text),
    'link and back': async ({ file, name, text, pause }) => {
      this.#link(file, name, this.#text(name, true));
      await pause();
      fs.rmSync(file);
      fs.writeFileSync(file, text);
    },
    'folder swap': async ({ name, isValid, pause }) => {
      const release = this.#release(name, isValid);
      fs.renameSync(this.#folder, this.#another('old'));
      await pause();
      fs.renameSync(release, this.#folder);
    },
    'folder link swap': ({ name, isValid }) => {
      const link = this.#another('link');
      fs.symlinkSync(this.#release(name, isValid), link);
      // A folder has to be out of the way first.
      if (!fs.lstatSync(this.#folder).isSymbolicLink()) fs.renameSync(this.#folder, this.#another('old'));
      fs.renameSync(link, this.#folder);
    },
    'move and back': async ({ file, name, pause }) => {
      const away = this.#another(name);
      fs.renameSync(file, away);
      await pause();
      fs.renameSync(away, file);
    },
    'move, write and back': async ({ file, name, text, pause }) => {
      const away = this.#another(name);
      fs.renameSync(file, away);
      fs.writeFileSync(away, text);
      await pause();
      fs.renameSync(away, file);
    },
    'folder away and back': async ({ pause }) => {
      const away = this.#another('away');
      fs.renameSync(this.#folder, away);
      await pause();
      fs.renameSync(away, this.#folder);
    },
    chmod: ({ file, isValid }) => fs.chmodSync(file, isValid ? 0o600 : 0o000),
    touch: ({ file }) => fs.utimesSync(file, new Date(), new Date()),
  };

  constructor(root: string, shape: Sequence['shape']) {
    this.#root = root;
    this.#folder = path.join(root, 'current');
    this.#prefix = shape === 'linked file' ? 'current/' : '';
    const first = this.#release();
    if (shape === 'linked folder') fs.symlinkSync(first, this.#folder);
    else fs.renameSync(first, this.#folder);
    this.file = path.join(shape === 'linked file' ? root : this.#folder, 'ecosystem.yml');
    if (shape === 'linked file') fs.symlinkSync('current/ecosystem.yml', this.file);
  }

  async play(saves: readonly Save[]): Promise<void> {
    for (const [i, save] of saves.entries()) {
      await this.#do(save);
      if (i < saves.length - 1) await sleep(save.gap);
    }
  }

  async #do({ kind, name, isValid, within }: Save): Promise<void> {
    const file = path.join(this.#folder, name);
    this.#mend(file);
    await this.#ways[kind]({
      file,
      name,
      isValid,
      text: this.#text(name, isValid),
      pause: () => sleep(within),
    });
  }

  /** What an earlier step has left: nothing at all, or what this user may not read. */
  #mend(file: string): void {
    try {
      fs.accessSync(file, fs.constants.W_OK);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EACCES') fs.chmodSync(file, 0o600);
      else fs.writeFileSync(file, this.#text(path.basename(file) as Name, true));
    }
  }

  /** Where a file was, a link to another one is. */
  #link(file: string, name: Name, text: string): void {
    const target = this.#another(name);
    fs.writeFileSync(target, text);
    fs.symlinkSync(target, `${file}.link`);
    fs.renameSync(`${file}.link`, file);
  }

  #release(wrong?: Name, isValid = true): string {
    const folder = this.#another('release');
    fs.mkdirSync(folder);
    for (const name of FILES)
      fs.writeFileSync(path.join(folder, name), this.#text(name, name !== wrong || isValid));
    return folder;
  }

  #another(name: string): string {
    this.#copies += 1;
    return path.join(this.#root, `${name}-${this.#copies}`);
  }

  /** Always other content, mostly of the same size; what is invalid comes again. */
  #text(name: Name, isValid: boolean): string {
    this.#content += 1;
    const number = String(this.#content).padStart(4, '0');
    const mistake = isValid ? '' : 'instance: 1, ';
    switch (name) {
      case 'ecosystem.yml':
        return [
          `include: ${this.#prefix}part.yml`,
          `apps: [{ ${mistake}name: one, script: /bin/true, exec_mode: fork, env_file: ${this.#prefix}app.env, env: { N: ${isValid ? number : 0} } }]`,
          '',
        ].join('\n');
      case 'part.yml':
        return `apps: [{ ${mistake}name: two, script: /bin/true, exec_mode: fork, env: { N: ${isValid ? number : 0} } }]\n`;
      case 'app.env':
        return `M=${number}\n`;
    }
  }
}
