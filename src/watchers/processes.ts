/**
 * CPU and memory of process groups, read when somebody asks. Linux only; elsewhere nothing is known, nor where /proc
 * cannot be read.
 */
import { readFile, readdir } from 'node:fs/promises';
import { parseResident, parseStat, pidsAmong, type Stat } from '../files/proc-fs.ts';
import type { ObservedApp } from '../model/observed.ts';

export interface Usage {
  /** Share of one core since the last time it was asked, or since the process started. */
  readonly cpu: number;
  /** CPU time of the processes that are in the group now, in ms. */
  readonly usedMs: number;
  /** Resident bytes. */
  readonly memory: number;
}

interface Sample {
  /** CPU time used so far, in ms. */
  readonly used: number;
  readonly at: number;
}

/** Asked again sooner than this, in ms, the CPU share would be noise: the last one is given again. */
const SHORTEST = 200;
/** Files that are open at a time: on a machine with many processes, all of them would leave none for anything else. */
const AT_A_TIME = 16;

export class Processes {
  #last = new Map<number, Sample & { readonly cpu: number }>();
  #reading: Promise<Map<number, Usage>> | null = null;

  /**
   * By leader, of each group with everything that stayed in it. A group that has ended is missing. Those who ask
   * while it is being read get the same answer: reading is dear where many processes run.
   *
   * @param leaders pid, and ms since the process started
   */
  usage(leaders: ReadonlyMap<number, number>): Promise<Map<number, Usage>> {
    this.#reading ??= this.#read(leaders).finally(() => (this.#reading = null));
    return this.#reading;
  }

  async #read(leaders: ReadonlyMap<number, number>): Promise<Map<number, Usage>> {
    const at = performance.now();
    const totals = await groupTotals(new Set(leaders.keys()));
    const result = new Map<number, Usage>();
    const next = new Map<number, Sample & { readonly cpu: number }>();
    for (const [pid, { used, memory }] of totals) {
      const before = this.#last.get(pid) ?? { used: 0, at: at - (leaders.get(pid) ?? 0), cpu: 0 };
      const isSoon = at - before.at < SHORTEST && this.#last.has(pid);
      // A child of the group that has ended takes its time with it.
      const cpu = isSoon ? before.cpu : Math.max(0, used - before.used) / Math.max(1, at - before.at);
      next.set(pid, isSoon ? before : { used, at, cpu });
      result.set(pid, { cpu, usedMs: used, memory });
    }
    this.#last = next;
    return result;
  }
}

async function groupTotals(
  groups: ReadonlySet<number>,
): Promise<Map<number, { used: number; memory: number }>> {
  const totals = new Map<number, { used: number; memory: number }>();
  if (process.platform !== 'linux' || groups.size === 0) return totals;
  const names = await readdir('/proc').catch(() => []);
  const stats = await each(pidsAmong(names), readStat);
  const ours = stats.filter((stat) => stat !== null && groups.has(stat.group)) as Stat[];
  const memory = await each(ours, ({ pid }) => residentBytes(pid));
  for (const [i, { group, used }] of ours.entries()) {
    const total = totals.get(group) ?? { used: 0, memory: 0 };
    totals.set(group, { used: total.used + used, memory: total.memory + (memory[i] ?? 0) });
  }
  return totals;
}

/** The results in the order of the items, a few of which are worked on at a time. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  for (let at = 0; at < items.length; at += AT_A_TIME)
    results.push(...(await Promise.all(items.slice(at, at + AT_A_TIME).map(work))));
  return results;
}

async function readStat(pid: number): Promise<Stat | null> {
  return parseStat(pid, await read(`${pid}/stat`));
}

async function residentBytes(pid: number): Promise<number> {
  return parseResident(await read(`${pid}/status`));
}

/** Empty if it has ended, or may not be looked at. */
function read(name: string): Promise<string> {
  return readFile(`/proc/${name}`, 'latin1').catch(() => '');
}

/** By pid, how long each process that runs has done so, in ms. */
export function agesOf(apps: readonly Pick<ObservedApp, 'workers'>[], now: number): Map<number, number> {
  const workers = apps.flatMap((app) => app.workers);
  return new Map(workers.flatMap(({ pid, startedAt }) => (pid === null ? [] : [[pid, now - startedAt]])));
}
