/** What this layer may ask of the file system. Answers, never exceptions: a path that cannot be read is null. */

export interface Files {
  readonly kind: (path: string) => 'file' | 'directory' | null;
  /** The first bytes of a file. */
  readonly head: (path: string) => Uint8Array | null;
  /** A whole small file as text. */
  readonly text: (path: string) => string | null;
  readonly executable: (path: string) => boolean;
}

/** The same, asked once for each path: apps share their folders, and one load is one moment. */
export function remembering(files: Files): Files {
  return {
    kind: remembered(files.kind),
    head: remembered(files.head),
    text: remembered(files.text),
    executable: remembered(files.executable),
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
