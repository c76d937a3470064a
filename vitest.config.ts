import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Fails a run that leaves a file or a process behind. */
const globalSetup = './test/leftovers.ts';

/** The end-to-end tests with the supervisor under another Node; see test/e2e/support/runtimes.ts. */
const e2e = (major: string, groupOrder: number) => ({
  test: {
    name: major === '' ? 'e2e' : `e2e-${major}`,
    include: ['test/{e2e,matrix,frameworks}/**/*.test.ts'],
    globalSetup,
    // Real processes and real load on few cores: one file at a time, or they measure each other.
    fileParallelism: false,
    sequence: { groupOrder },
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: major === '' ? {} : { E2E_NODE: path.resolve(`.runtimes/node${major}/node_modules/node/bin/node`) },
  },
});

export default defineConfig({
  test: {
    projects: [
      {
        // Vite leaves .cts files, which the agent is made of, as they are.
        oxc: { include: /\.[cm]?tsx?$/ },
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/{e2e,matrix,frameworks,soak,surroundings}/**'],
          // Half the time went into loading the same modules anew for each file. A test gives back what it changes.
          isolate: false,
          // One more than there are cores for, as some wait. vitest would leave a core to itself.
          maxWorkers: availableParallelism() + 1,
          // So a test may wait for its turn.
          testTimeout: 20_000,
          globalSetup,
        },
      },
      e2e('', 1),
      e2e('22', 2),
      e2e('24', 3),
      e2e('26', 4),
      {
        test: {
          name: 'surroundings',
          include: ['test/surroundings/*.test.ts'],
          globalSetup,
          hookTimeout: 60_000,
          sequence: { groupOrder: 5 },
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/*.test.ts'],
          hookTimeout: 60_000,
          sequence: { groupOrder: 6 },
        },
      },
    ],
  },
});
