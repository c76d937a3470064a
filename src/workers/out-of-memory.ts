/** Whether a process ended because there was no more memory, where somebody says so. */
import { readFileSync, watch } from 'node:fs';
import { groupFolders, type Read } from '../model/cgroup.ts';
import { monotonic, type Clock } from '../model/clock.ts';
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

/** Its file of version 2. */
const EVENTS = 'memory.events';

/** What it takes to count kills. */
export interface KillCounter {
  readonly read: () => number;
  /** Calls back when the count may have risen, until it is closed. */
  readonly follow: (risen: () => void) => { readonly close: () => void };
  readonly now: Clock;
}

/** The process that was killed is seen to end within this long, in ms. */
const AT_ONCE = 5000;
/** How often the count is read where nothing tells that it has risen, in ms. */
const EVERY = 2000;
/** More than are killed at once. */
const MOST = 1000;

/**
 * How often the kernel has killed for want of memory in our cgroup, which the workers share. A worker that was killed
 * as the count went up is taken for the one it was; a kill that nobody claims at once was another process's.
 */
export class KernelKills {
  readonly #counter: KillCounter;
  #processes = 0;
  #seen = 0;
  /** When the count rose, for each kill that is no worker's yet. */
  #unclaimed: number[] = [];
  #watch = { close: (): void => {} };

  constructor(counter: KillCounter = ofOurGroup) {
    this.#counter = counter;
  }

  /** A process may be killed from now on. */
  begin(): void {
    this.#processes += 1;
    if (this.#processes > 1) return;
    this.#seen = this.#counter.read();
    this.#unclaimed = [];
    this.#watch = this.#counter.follow(() => this.#look());
  }

  /** It has ended. */
  end(): void {
    this.#processes -= 1;
    if (this.#processes === 0) this.#watch.close();
  }

  /** Whether there was another one just now; each is told once. */
  another(): boolean {
    this.#look();
    return this.#unclaimed.shift() !== undefined;
  }

  #look(): void {
    const [count, now] = [this.#counter.read(), this.#counter.now()];
    this.#unclaimed = this.#unclaimed.filter((at) => now - at <= AT_ONCE);
    for (let kill = this.#seen; kill < count && this.#unclaimed.length < MOST; kill += 1)
      this.#unclaimed.push(now);
    this.#seen = Math.max(this.#seen, count);
  }
}

/** Of the innermost group that tells: `memory.events` of version 2 of cgroups, or `memory.oom_control` of 1; else 0. */
export function oomKills(read: Read): number {
  return tellingOf(read)?.kills ?? 0;
}

function tellingOf(read: Read): { file: string; kills: number } | null {
  const files = [
    ...groupFolders(read, '').map((folder) => `${folder}/${EVENTS}`),
    ...groupFolders(read, 'memory').map((folder) => `${folder}/memory.oom_control`),
  ];
  for (const file of files) {
    const count = /^oom_kill (\d+)$/m.exec(read(file) ?? '')?.[1];
    if (count !== undefined) return { file, kills: Number(count) };
  }
  return null;
}

const ofOurGroup: KillCounter = {
  read: () => oomKills(disk),
  follow: (risen) => {
    const file = tellingOf(disk)?.file;
    if (file === undefined) return { close: () => {} };
    return (file.endsWith(EVENTS) ? watched(file, risen) : null) ?? lookedAt(risen);
  },
  now: monotonic,
};

/** In version 2 the kernel tells of each change; null where it cannot be asked to. */
function watched(file: string, risen: () => void): { close: () => void } | null {
  try {
    const watcher = watch(file, { persistent: false }, risen);
    // It is read at each kill as well.
    watcher.on('error', () => {});
    return watcher;
  } catch {
    return null;
  }
}

function lookedAt(risen: () => void): { close: () => void } {
  const timer = setInterval(risen, EVERY).unref();
  return { close: () => clearInterval(timer) };
}

function disk(file: string): string | null {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
