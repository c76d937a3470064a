/**
 * What a process has started, at any depth: its group, its session, and those that have left both. Who
 * left both can be told only as long as its parents live, so the last look before they are ended is remembered.
 */
import { isSame, processes, processOf, type Process } from './proc.ts';
import { signalGroup, signalOne } from './signal.ts';

export class Tree {
  readonly #leader: number;
  #strays: readonly Process[] = [];

  constructor(leader: number) {
    this.#leader = leader;
  }

  /** To all of them. */
  signal(name: NodeJS.Signals): void {
    this.#look();
    signalGroup(this.#leader, name);
    for (const stray of this.#strays)
      // Its id may belong to another one by now.
      if (isSame(stray, processOf(stray.pid))) signalOne(stray.pid, name);
  }

  /** Finds those outside of the group. */
  #look(): void {
    const all = processes();
    const still = this.#strays.filter((stray) => isSame(stray, processOf(stray.pid))).map(({ pid }) => pid);
    const known = descendants(this.#leader, all, still);
    this.#strays = all.filter(({ pid, group }) => known.has(pid) && group !== this.#leader);
  }
}

/** It, those of its session, those that are known, and all that they have started. */
export function descendants(
  leader: number,
  all: readonly Process[],
  known: readonly number[] = [],
): Set<number> {
  const found = new Set([leader, ...known]);
  // Children may come before their parents where process ids have begun anew.
  for (let before = -1; before < found.size;) {
    before = found.size;
    for (const { pid, parent, session } of all) if (found.has(parent) || session === leader) found.add(pid);
  }
  return found;
}
