/**
 * The agent's files as they were when this process began. Each new worker reads them, and `npm install` may replace or
 * remove them while this process lives, which speaks with its own agent only: then workers get a copy.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { contentStampAt } from '../files/stamp.ts';

const ENTRY = 'agent.cjs';

interface Kept {
  readonly folder: string;
  /** By name: what tells one file from another that has taken its place. */
  readonly stamps: ReadonlyMap<string, string>;
}

export class AgentFiles {
  readonly #contents: ReadonlyMap<string, Buffer>;
  readonly #own: Kept;
  #copy: Kept | null = null;

  constructor(folder: string) {
    const names = readdirSync(folder).filter((name) => name.endsWith('.cjs'));
    this.#contents = new Map(names.map((name) => [name, readFileSync(path.join(folder, name))]));
    this.#own = { folder, stamps: stampsOf(folder, names) };
  }

  /** What is to be preloaded. Throws where a copy is needed and cannot be written. */
  get entry(): string {
    for (const kept of [this.#own, this.#copy])
      if (kept !== null && isThere(kept)) return path.join(kept.folder, ENTRY);
    this.close();
    this.#copy = this.#write();
    return path.join(this.#copy.folder, ENTRY);
  }

  /** Removes the copy: nobody starts workers with it any more. */
  close(): void {
    if (this.#copy !== null) rmSync(this.#copy.folder, { recursive: true, force: true });
    this.#copy = null;
  }

  /** Where workers of other users can read it as well. */
  #write(): Kept {
    const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-agent-'));
    try {
      for (const [name, content] of this.#contents) {
        writeFileSync(path.join(folder, name), content, { flag: 'wx' });
        chmodSync(path.join(folder, name), 0o644);
      }
      chmodSync(folder, 0o755);
    } catch (error) {
      // It is tried again, with a folder of its own.
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
    return { folder, stamps: stampsOf(folder, [...this.#contents.keys()]) };
  }
}

/** Where the system does not say, it is taken to be there still: of a copy it would not say either. */
function isThere({ folder, stamps }: Kept): boolean {
  return [...stamps].every(([name, stamp]) => {
    const now = contentStampAt(path.join(folder, name));
    return now === undefined || now === stamp;
  });
}

function stampsOf(folder: string, names: readonly string[]): ReadonlyMap<string, string> {
  return new Map(names.map((name) => [name, contentStampAt(path.join(folder, name)) ?? '']));
}
