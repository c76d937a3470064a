/**
 * Programs that go into the background: the process that was started exits with 0 while a child of it lives on in a
 * session of its own, where nothing can supervise it. Linux only.
 */
import os from 'node:os';
import type { Exit } from '../model/observed.ts';
import type { AppSpec, ProcessSpec } from '../model/spec.ts';
import { MS_PER_TICK } from '../files/proc-fs.ts';
import { processes, readProc, type Process } from './proc.ts';

/** Whoever goes into the background does so at once, in ms. */
const AT_ONCE = 10_000;

/** Whether a program that exited on its own may have gone into the background; a job may leave what it likes. */
export function isSuspicious(exit: Exit, leader: Process, { restart }: AppSpec): boolean {
  const age = (bootTicks() - leader.born) * MS_PER_TICK;
  return exit.code === 0 && age < AT_ONCE && restart.auto && !restart.stopExitCodes.includes(0);
}

/**
 * The exit, with what is to be said of processes that came to life with the program and that nobody looks after. They
 * may belong to somebody else, so they are named and never ended.
 *
 * @param leader as it was when it had just been started
 */
export function withEscaped(exit: Exit, leader: Process, spec: ProcessSpec): Exit {
  const found = escaped(leader, spec);
  if (found.length === 0) return exit;
  const names = found.map(({ pid, name }) => `process ${pid} (${name})`).join(', ');
  const pids = found.map(({ pid }) => pid).join(' ');
  return {
    ...exit,
    spawnError: `it seems to go into the background as ${names}, where it cannot be supervised; have it run in the foreground, and end what is left with: kill ${pids}`,
  };
}

function escaped(leader: Process, { user }: ProcessSpec): readonly Process[] {
  const [group, uid] = [readProc(process.pid, 'cgroup'), user?.uid ?? process.getuid?.() ?? 0];
  // Who loses its parent gets the first process, or whoever above us has asked for such children.
  const parents = [1, process.ppid];
  return processes().filter(
    ({ pid, parent, born }) =>
      born >= leader.born &&
      pid !== leader.pid &&
      pid !== process.pid &&
      parents.includes(parent) &&
      readProc(pid, 'cgroup') === group &&
      new RegExp(`^Uid:\\s+${uid}\\s`, 'm').test(readProc(pid, 'status')),
  );
}

/** Now, in the ticks that /proc counts in. */
export function bootTicks(): number {
  return (os.uptime() * 1000) / MS_PER_TICK;
}
