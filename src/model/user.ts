/** Whom a process runs as. */

/** Numbers; null keeps the supervisor's own. Supplementary groups are none. */
export interface ProcessUser {
  readonly uid: number | null;
  readonly gid: number | null;
}
