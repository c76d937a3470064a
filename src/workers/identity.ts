/** Whom a process is started as, for node:child_process: with either of them, supplementary groups are dropped. */
import type { ProcessSpec } from '../model/spec.ts';

export function identity({ user }: ProcessSpec): { uid?: number; gid?: number } {
  if (user === null) return {};
  return { ...(user.uid === null ? {} : { uid: user.uid }), ...(user.gid === null ? {} : { gid: user.gid }) };
}
