/** Which code a process runs. */
export interface Code {
  /** Of a release; where a symbolic link leads, an absolute path; else the first 8 hex digits of `digest`. */
  readonly id: string;
  readonly from: 'source' | 'link' | 'files';
  /** Absolute, without a link on the way. */
  readonly folder: string;
  /** SHA-256 of the contents of the app's files; null as long as nobody has looked at them. Of a release its id. */
  readonly digest: string | null;
}

/** Of a release: what is there is never changed, so its name says all. */
export function codeOfRelease(id: string, folder: string): Code {
  return { id, from: 'source', folder, digest: id };
}
