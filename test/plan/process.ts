/** What simulated processes do, each by the kind of its revision and its luck. */
import type { Exit } from '../../src/model/observed.ts';
import type { Random } from './random.ts';
import type { Kind } from './scenario.ts';

/** Something that a process does, so long after it was started (or asked). */
export interface Deed {
  readonly after: number;
  readonly type: 'listening' | 'alive' | 'drained' | 'unfit' | 'exited';
  readonly exit: Exit;
}

/** From its start. `calm`: nothing bad befalls good processes any more. */
export function life(kind: Kind, random: Random, calm: boolean): Deed[] {
  const boot = random.between(1, 2_000);
  const serving = [deed(boot, 'listening'), deed(Math.max(1_000, boot), 'alive')];
  switch (kind) {
    case 'good':
      if (calm) return serving;
      // Some more than once, some when they are on their way out.
      if (random.chance(20))
        serving.push(...[1, 2].map(() => deed(boot + random.between(0, 20_000), 'unfit')));
      if (!random.chance(15)) return serving;
      return [...serving, deed(boot + random.between(1, 20_000), 'exited', exitOf(null, 'SIGSEGV'))];
    case 'crash':
      return [
        deed(random.between(1, 500), 'exited', exitOf(1, null, `Error: at 0x${random.between(0, 9_999)}`)),
      ];
    case 'hang':
      return [];
    case 'job':
      return [deed(random.between(1, 5_000), 'exited')];
    case 'flaky':
      if (random.chance(30))
        return [deed(random.between(1, 500), 'exited', exitOf(random.between(1, 99), null))];
      return random.chance(70)
        ? serving
        : [...serving, deed(boot + random.between(1, 20_000), 'exited', exitOf(1, null))];
  }
}

/** How it takes being drained: most have soon answered what is in flight. */
export function draining(random: Random): Deed[] {
  return [deed(random.chance(80) ? random.between(0, 500) : random.between(0, 30_000), 'drained')];
}

/** How it takes its signal; one in ten ignores it. */
export function stopping(kind: Kind, random: Random): Deed[] {
  const ignores = random.chance(kind === 'hang' ? 50 : 10);
  return ignores ? [] : [deed(random.between(0, 500), 'exited', exitOf(0, null))];
}

/** Nobody survives this one. */
export function killed(random: Random): Deed[] {
  return [deed(random.between(0, 50), 'exited', exitOf(null, 'SIGKILL'))];
}

function deed(after: number, type: Deed['type'], exit: Exit = exitOf(0, null)): Deed {
  return { after, type, exit };
}

function exitOf(code: number | null, signal: NodeJS.Signals | null, ...stderr: string[]): Exit {
  return { code, signal, stderr, spawnError: null };
}
