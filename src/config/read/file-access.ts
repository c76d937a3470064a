/** What this layer may ask of the file system. Answers, never exceptions: a path that cannot be read is null. */

/** Of a file that the ecosystem file names, in bytes. */
export const LARGEST: number = 4 * 1024 * 1024;

/** Of all of them together, in UTF-16 units: they are read in one turn of the supervisor's event loop, and kept. */
const LARGEST_SUM = 32 * 1024 * 1024;

export interface Files {
  readonly kind: (path: string) => 'file' | 'directory' | null;
  /** The first bytes of a file. */
  readonly head: (path: string) => Uint8Array | null;
  /** A whole regular file as text, of up to `LARGEST` bytes. */
  readonly text: (path: string) => string | null;
  /** Why there is none, in one clause. */
  readonly whyNoText: (path: string) => string | null;
  readonly executable: (path: string) => boolean;
  /** Where a path leads, without a link on the way; null where nothing is. */
  readonly real: (path: string) => string | null;
}

/** The same, asked once for each path: apps share their folders, and one load is one moment. */
export function remembering(files: Files): Files {
  let left = LARGEST_SUM;
  const text = (path: string): string | null => {
    const read = left < 0 ? null : files.text(path);
    left -= read?.length ?? 0;
    return left < 0 ? null : read;
  };
  const tooMuch = `it and the others are larger than ${LARGEST_SUM / 2 ** 20} MiB in all`;
  return {
    kind: remembered(files.kind),
    head: remembered(files.head),
    text: remembered(text),
    whyNoText: (path) => (left < 0 ? tooMuch : files.whyNoText(path)),
    executable: remembered(files.executable),
    real: remembered(files.real),
  };
}

export function remembered<T>(ask: (path: string) => T): (path: string) => T {
  const answers = new Map<string, T>();
  return (path) => {
    const known = answers.get(path);
    if (known !== undefined) return known;
    const answer = ask(path);
    answers.set(path, answer);
    return answer;
  };
}

/** The message of a file that has no text; that it does not exist goes without saying. */
export function cannotBeRead(what: string, path: string, files: Files): string {
  const why = files.kind(path) === null ? null : files.whyNoText(path);
  return `${what} cannot be read: ${path}${why === null ? '' : `: ${why}`}.`;
}
