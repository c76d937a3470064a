/** Whether a process ended because there was no more memory, where somebody says so. */
import { readFileSync } from 'node:fs';
import { groupFolders, type Read } from '../model/cgroup.ts';
import type { Exit } from '../model/observed.ts';

/** What V8 writes to stderr before it aborts: `FATAL ERROR: Reached heap limit … JavaScript heap out of memory`. */
const LAST_WORDS = /^FATAL ERROR: .*out of memory/;
/** SIGABRT, as a shell passes it on. */
const ABORTED = 134;

/** Whether this line of stderr says that V8 gives up for want of memory. */
export function saysOutOfHeap(line: string): boolean {
  return LAST_WORDS.test(line);
}

/** @param said V8's last words, if they were seen */
export function outOfMemory(
  { code, signal }: Pick<Exit, 'code' | 'signal'>,
  said: boolean,
  kernel: KernelKills,
): Pick<Exit, 'outOfMemory'> {
  if (said && (signal === 'SIGABRT' || code === ABORTED)) return { outOfMemory: 'heap' };
  if (signal === 'SIGKILL' && kernel.another()) return { outOfMemory: 'kernel' };
  return {};
}

/**
 * How often the kernel has killed for want of memory in our cgroup, which the workers share. A worker that was killed
 * while the count went up is taken for the one it was.
 */
export class KernelKills {
  readonly #read: () => number;
  #seen: number;

  constructor(read: () => number = () => oomKills(disk)) {
    this.#read = read;
    this.#seen = read();
  }

  /** Whether there was another one; each is told once. */
  another(): boolean {
    const now = this.#read();
    if (now <= this.#seen) return false;
    this.#seen += 1;
    return true;
  }
}

/** Of the innermost group that tells: `memory.events` of version 2 of cgroups, or `memory.oom_control` of 1; else 0. */
export function oomKills(read: Read): number {
  const files = [
    ...groupFolders(read, '').map((folder) => `${folder}/memory.events`),
    ...groupFolders(read, 'memory').map((folder) => `${folder}/memory.oom_control`),
  ];
  for (const file of files) {
    const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
    if (count !== undefined) return Number(count);
  }
  return 0;
}

function disk(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
