/** Paths and what is below them. */
import { sep } from 'node:path';

/** Whether `name` is `root` or below it; both are absolute. */
export function isWithin(name: string, root: string): boolean {
  return name === root || name.startsWith(root.endsWith(sep) ? root : root + sep);
}
