/** What this layer may ask of the file system. Answers, never exceptions: a path that cannot be read is null. */

export interface Files {
  readonly kind: (path: string) => 'file' | 'directory' | null;
  /** The first bytes of a file. */
  readonly head: (path: string) => Uint8Array | null;
  /** A whole small file as text. */
  readonly text: (path: string) => string | null;
  readonly executable: (path: string) => boolean;
}
