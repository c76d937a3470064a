/** Every way in which workers are replaced. */
import { get } from '../e2e/support/client.ts';
import { kill } from '../e2e/support/processes.ts';
import { gone } from '../e2e/support/supervisor.ts';
import { APP, replaced, workers, type World } from './world.ts';

export interface Way {
  readonly name: string;
  /** Part of the fast half, which every test run has. */
  readonly fast: boolean;
  readonly instances: number;
  /** Lines of the app in the ecosystem file. */
  readonly lines?: readonly string[];
  /** What comes before the load. */
  readonly prepare?: (world: World) => Promise<void>;
  /** Resolves once the replaced workers are gone. A crash tells when it was, in ms since the epoch. */
  readonly replace: (world: World) => Promise<{ readonly crashedAt: number } | undefined>;
}

/** All workers are replaced by what `begin` does. */
function rolling(begin: (world: World) => unknown): Way['replace'] {
  return async (world) => {
    const before = await workers(world, 2);
    await begin(world);
    await replaced(world, before, 2);
    return undefined;
  };
}

/** The worker that answers this request is replaced, and no other. */
function failing(request: string): Way['replace'] {
  return async (world) => {
    const { pid } = JSON.parse((await get(world.ports.http, request)).body) as { pid: number };
    await replaced(world, [pid], 2);
    return undefined;
  };
}

function edit({ place }: World, from: string, to: string): void {
  place.edit((text) => text.replace(from, to));
}

export const ways: readonly Way[] = [
  {
    name: 'edit',
    fast: true,
    instances: 2,
    replace: rolling((world) => edit(world, 'VALUE: one', 'VALUE: two')),
  },
  {
    name: 'reload',
    fast: false,
    instances: 2,
    replace: rolling(({ command }) => command('reload', APP)),
  },
  {
    name: 'memory limit',
    fast: false,
    instances: 2,
    lines: ['max_memory_restart: 300M'],
    replace: failing('/leak?mb=300'),
  },
  {
    name: 'health failure',
    fast: true,
    instances: 2,
    lines: ['health_check: { http: /health, interval: 300ms, timeout: 1s, failures: 2 }'],
    replace: failing('/sicken'),
  },
  {
    name: 'watch',
    fast: false,
    instances: 2,
    lines: ['watch: [version.js]', 'watch_delay: 50ms'],
    replace: rolling(({ place }) => place.write("module.exports = 'two';\n", 'version.js')),
  },
  {
    name: 'cron',
    fast: false,
    instances: 2,
    lines: ["cron_restart: '0 0 1 1 *'"],
    replace: async (world) => {
      const before = await workers(world, 2);
      // From the start on, it would begin before the load does. It goes on and on, so only the first ones are awaited.
      edit(world, "'0 0 1 1 *'", "'*/3 * * * * *'");
      await gone(before);
      return undefined;
    },
  },
  {
    name: 'rollback',
    fast: false,
    instances: 2,
    prepare: async (world) => {
      const before = await workers(world, 2);
      const mark = world.supervisor.mark();
      edit(world, 'VALUE: one', 'VALUE: two');
      await world.supervisor.converged(mark);
      await replaced(world, before, 2);
    },
    replace: rolling(({ command }) => command('rollback', APP)),
  },
  {
    name: 'scale down',
    fast: true,
    instances: 2,
    replace: async (world) => {
      const [, second = 0] = await workers(world, 2);
      await world.command('scale', APP, '1');
      await replaced(world, [second], 1);
      return undefined;
    },
  },
  {
    name: 'crash',
    fast: true,
    // Nobody else is there to take over what queues.
    instances: 1,
    replace: async (world) => {
      const [only = 0] = await workers(world, 1);
      const crashedAt = Date.now();
      kill(only, 'SIGKILL');
      await replaced(world, [only], 1);
      return { crashedAt };
    },
  },
];
