/** What simulated supervisors have written down of their processes, for the next one. */
import type { ProcessList } from '../../src/supervisor/effects.ts';
import type { Leftover } from '../../src/supervisor/takeover/leftover.ts';
import type { Life, World } from './supervisor-life.ts';

export function listOf(list: Leftover[], { workers, machine }: World, life: Life): ProcessList {
  const isAlive = ({ pid }: Pick<Leftover, 'pid'>): boolean => machine.processes.has(pid);
  return {
    add: (pid) => void list.push({ pid, born: 0, killSignal: 'SIGTERM', killTimeout: 1600 }),
    get left() {
      return list.filter(isAlive);
    },
    endLeftovers: () => {
      const left = workers.filter(({ process }) => list.some(({ pid }) => pid === process.pid));
      const living = left.filter(({ process }) => process.isAlive);
      for (const program of living) program.kill();
      return life.answer(50, 100, () => living.length);
    },
    check: () => {},
    touch: () => {},
    tidy: () => {
      if (!list.some(isAlive)) list.length = 0;
    },
  };
}
