/**
 * The releases of one source, in a folder: each has one of its own, and beside it a file that is written last. A folder
 * without that file is none.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { orElse } from '../files/proc-fs.ts';
import { processOf } from '../workers/proc.ts';
import { Tree } from '../workers/tree.ts';
import type { Release, Revised } from './release.ts';

/** What is not done, and what is on its way out. */
const TEMPORARY = '.new-';

export class ReleaseStore {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Null where it is not prepared. */
  find(id: string): Release | null {
    const folder = this.folderOf(id);
    if (!/^[\da-f]{8}$/.test(id) || !existsSync(folder)) return null;
    const written = orElse(null, () => JSON.parse(readFileSync(`${folder}.json`, 'utf8')) as unknown);
    return isWritten(written) ? { ...written, id, folder } : null;
  }

  folderOf(id: string): string {
    return path.join(this.folder, id);
  }

  /** The newest first. */
  list(): readonly Release[] {
    const names = orElse([], () => readdirSync(this.folder));
    const ids = names.flatMap((name) => /^([\da-f]{8})\.json$/.exec(name)?.[1] ?? []);
    return ids.flatMap((id) => this.find(id) ?? []).sort((a, b) => b.preparedAt - a.preparedAt);
  }

  /** From now on it is a release. */
  async note(revised: Revised, preparedAt: number): Promise<Release> {
    const { id, version, label } = revised;
    const file = path.join(this.folder, `${id}.json`);
    await writeFile(`${file}.new`, JSON.stringify({ version, label, preparedAt }));
    await rename(`${file}.new`, file);
    await rm(this.#builder(id), { force: true });
    return { ...revised, folder: this.folderOf(id), preparedAt };
  }

  /** What was printed as it was made. */
  async noteOutput(id: string, lines: readonly string[]): Promise<void> {
    const text = lines.map((line) => `${line}\n`).join('');
    await writeFile(path.join(this.folder, `${id}.log`), text, { mode: 0o600 });
  }

  /** So that it can be ended by whoever comes after us. */
  noteBuilder(id: string, pid: number): void {
    const born = processOf(pid)?.born;
    if (born !== undefined) writeFileSync(this.#builder(id), JSON.stringify({ pid, born }));
  }

  #builder(id: string): string {
    return path.join(this.folder, `${id}.build`);
  }

  /** A folder for what is not done. */
  temporary(): Promise<string> {
    return mkdtemp(path.join(this.folder, TEMPORARY));
  }

  /** From now on it is none, even where its files cannot be removed. */
  async remove(id: string): Promise<void> {
    for (const of of ['json', 'log']) await rm(path.join(this.folder, `${id}.${of}`), { force: true });
    endBuilder(this.#builder(id));
    const folder = this.folderOf(id);
    if (!existsSync(folder)) return;
    const aside = path.join(this.folder, `${TEMPORARY}${randomUUID()}`);
    await rename(folder, aside);
    await removeAll(aside);
  }

  /** What was left by who was killed; only for whoever holds the lease. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.folder)) {
      if (name.startsWith(TEMPORARY) || name.endsWith('.new')) await removeAll(path.join(this.folder, name));
      else if (/^[\da-f]{8}$/.test(name) && this.find(name) === null) await this.remove(name);
    }
  }
}

/** It lives on where its supervisor was killed, and would write into what is built next. */
function endBuilder(file: string): void {
  const written = orElse(
    null,
    () => JSON.parse(readFileSync(file, 'utf8')) as { pid?: unknown; born?: unknown },
  );
  const { pid, born } = written ?? {};
  if (typeof pid === 'number' && pid > 1) {
    // Its id is nobody else's as long as any of those is left that it has started.
    const now = processOf(pid);
    if (now === null || now.born === born) new Tree(pid).signal('SIGKILL');
  }
  rmSync(file, { force: true });
}

/** What is left of it, since somebody took away our permission, is tried again with the next release. */
export async function removeAll(folder: string): Promise<void> {
  await rm(folder, { recursive: true, force: true, maxRetries: 2 }).catch(() => {});
}

function isWritten(value: unknown): value is Pick<Release, 'version' | 'label' | 'preparedAt'> {
  if (typeof value !== 'object' || value === null) return false;
  const { version, label, preparedAt } = value as Partial<Record<keyof Release, unknown>>;
  return (
    typeof version === 'string' &&
    (label === null || typeof label === 'string') &&
    typeof preparedAt === 'number'
  );
}
