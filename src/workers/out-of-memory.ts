/** Whether a process ended because there was no more memory, where somebody says so. */
import { readFileSync } from 'node:fs';
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

  constructor(read: () => number = oomKills) {
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

/** From version 2 of cgroups (`memory.events`) or 1 (`memory.oom_control`); 0 where there is neither. */
function oomKills(): number {
  const groups = read('/proc/self/cgroup').split('\n');
  const groupOf = (controller: string): string =>
    groups.map((line) => line.split(':')).find(([, controllers]) => controllers === controller)?.[2] ?? '';
  // A container may see its own group as the root, and be told of it by the name it has outside.
  const files = ['', groupOf('')].map((group) => `/sys/fs/cgroup${group}/memory.events`);
  const old = ['', groupOf('memory')].map((group) => `/sys/fs/cgroup/memory${group}/memory.oom_control`);
  const counts = [...files, ...old].map((file) => /^oom_kill (\d+)$/m.exec(read(file))?.[1]);
  return Number(counts.findLast((count) => count !== undefined) ?? 0);
}

/** Empty where it cannot be read. */
function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
