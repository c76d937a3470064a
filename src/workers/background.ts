/**
 * Programs that go into the background: the process that was started exits with 0 while a child of it lives on in a
 * session of its own, where nothing can supervise it. Linux only.
 */
import { readFileSync } from 'node:fs';
import type { Exit } from '../model/observed.ts';
import type { AppSpec, ProcessSpec } from '../model/spec.ts';
import { processes, processOf, readProc, type Process } from './proc.ts';
import { signalOne } from './tree.ts';

/** Whoever goes into the background does so at once, in ms. */
const AT_ONCE = 10_000;

const MS_PER_TICK = 10;

export interface Escaped {
  /** What surely belongs to the program, since it has the environment that the file gives it. */
  readonly ours: readonly Process[];
  /** What came to life with it, and may belong to somebody else. */
  readonly likely: readonly Process[];
}

/**
 * What a program that has just exited left behind.
 *
 * @param leader as it was when it had just been started
 * @param env what it was given over the supervisor's own
 */
export function escaped(
  leader: Process,
  env: Readonly<Record<string, string | undefined>>,
  { user }: ProcessSpec,
): Escaped {
  const all = new Map(processes().map((found) => [found.pid, found]));
  const [group, uid] = [readProc(process.pid, 'cgroup'), user?.uid ?? process.getuid?.() ?? 0];
  const orphans = [...all.values()].filter(
    (found) =>
      found.born >= leader.born &&
      found.pid !== leader.pid &&
      !isBelow(found, process.pid, all) &&
      readProc(found.pid, 'cgroup') === group &&
      new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(readProc(found.pid, 'status')),
  );
  const ours = orphans.filter(({ pid }) => hasEnvironment(pid, env));
  // Its children are its own as well, whatever they have made of their environment.
  const isOurs = (found: Process): boolean =>
    ours.includes(found) || ours.some((one) => isBelow(found, one.pid, all));
  const parents = new Set([1, parentOf(process.pid)]);
  return {
    ours: orphans.filter(isOurs),
    likely: orphans.filter((found) => !isOurs(found) && parents.has(found.parent)),
  };
}

/** Whether a program that exited on its own may have gone into the background; a job may leave what it likes. */
export function isSuspicious(exit: Exit, leader: Process, { restart }: AppSpec): boolean {
  const age = (bootTicks() - leader.born) * MS_PER_TICK;
  return exit.code === 0 && age < AT_ONCE && restart.auto && !restart.stopExitCodes.includes(0);
}

/**
 * Ends what escaped and surely is ours, or the next start would meet it, and calls back with the exit and what is to
 * be said of it.
 *
 * @param patience from SIGTERM to SIGKILL, in ms
 */
export function endEscaped(
  { ours, likely }: Escaped,
  patience: number,
  exit: Exit,
  done: (exit: Exit) => void,
): void {
  const [first] = [...ours, ...likely];
  if (first === undefined) return done(exit);
  const found = ours.length > 0 ? 'goes' : 'seems to go';
  const advice =
    ours.length > 0
      ? []
      : likely.map(
          ({ pid, name }) =>
            `process ${pid} (${name}) lives on; if it is this program, end it with: kill ${pid}`,
        );
  const told: Exit = {
    ...exit,
    spawnError: `it ${found} into the background (${first.name}), where it cannot be supervised; have it run in the foreground`,
    stderr: [...exit.stderr, ...advice],
  };
  for (const one of ours) signalOne(one, 'SIGTERM');
  setTimeout(
    () => {
      for (const one of ours) signalOne(one, 'SIGKILL');
      done(told);
    },
    ours.length > 0 ? patience : 0,
  );
}

/** Now, in the ticks that /proc counts in; of which there are 100 a second on every Linux that Node runs on. */
function bootTicks(): number {
  return Number(readFileSync('/proc/uptime', 'utf8').split(' ')[0]) * 100;
}

function parentOf(pid: number): number {
  return processOf(pid)?.parent ?? 1;
}

function isBelow(found: Process, ancestor: number, all: ReadonlyMap<number, Process>): boolean {
  for (let at: Process | undefined = found; at !== undefined && at.pid !== 1; at = all.get(at.parent))
    if (at.pid === ancestor || at.parent === ancestor) return true;
  return false;
}

function hasEnvironment(pid: number, env: Readonly<Record<string, string | undefined>>): boolean {
  const has = new Set(readProc(pid, 'environ').split('\0'));
  return Object.entries(env).every(
    ([name, value]) => value === undefined || has.has(Buffer.from(`${name}=${value}`).toString('latin1')),
  );
}
