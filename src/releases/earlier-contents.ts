/**
 * What the files of a place contained before. Which of them cluster-up reads itself changes with the ecosystem file (an
 * `env_file` is named, or no more), and that is no change of the code.
 */
import path from 'node:path';
import { differences, type Sums } from './digest.ts';

interface Contents {
  readonly digest: string;
  readonly sums: Sums;
}

/** Contents of one place that are kept: of what runs, of what is there, and one between. */
const MOST = 3;

export class EarlierContents {
  /** The oldest first. */
  #known: readonly Contents[] = [];
  /** What was said last, and of which digest. */
  #latest: { readonly of: string; readonly digest: string } | null = null;

  /**
   * The digest of the first that differed from this in no more than files of our own, else its own.
   *
   * @param root what the names of the files are relative to
   * @param own files that cluster-up reads itself, or did, with what is named after them
   */
  digestOf(contents: Contents, root: string, own: readonly string[]): string {
    const isOwn = (name: string): boolean => {
      const file = path.resolve(root, name);
      return own.some((each) => file.startsWith(each));
    };
    if (contents.digest === this.#latest?.of) return this.#latest.digest;
    const same = this.#known.find(({ sums }) => differences(sums, contents.sums).every(isOwn));
    if (same === undefined) this.#known = [...this.#known.slice(1 - MOST), contents];
    const { digest } = same ?? contents;
    this.#latest = { of: contents.digest, digest };
    return digest;
  }
}
