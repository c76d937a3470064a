import { availableParallelism } from 'node:os';
import path from 'node:path';
import { defineConfig } from 'vitest/config';

/** Fails a run that leaves a file or a process behind. */
const globalSetup = './test/leftovers.ts';

/** They measure time or memory, or load both cores: with nothing beside them. */
const ALONE = [
  ...['balance', 'control-abuse', 'follow', 'hostile-messages', 'least-connections', 'log-files'].map(
    (name) => `test/e2e/${name}.test.ts`,
  ),
  'test/matrix/*.test.ts',
];

/**
 * The end-to-end tests with the supervisor under another Node; see test/e2e/support/runtimes.ts. Most of them wait for
 * most of their time, so two files run side by side, each with ports and temporary files of its own. vitest runs one
 * group after the other.
 */
const e2e = (major: string, groupOrder: number) => {
  const shared = {
    globalSetup,
    setupFiles: './test/e2e/support/apart.ts',
    testTimeout: 60_000,
    hookTimeout: 60_000,
    env: major === '' ? {} : { E2E_NODE: path.resolve(`.runtimes/node${major}/node_modules/node/bin/node`) },
  };
  const name = major === '' ? 'e2e' : `e2e-${major}`;
  return [
    {
      test: {
        ...shared,
        name,
        include: ['test/{e2e,frameworks}/**/*.test.ts'],
        exclude: ALONE,
        maxWorkers: 2,
        sequence: { groupOrder },
      },
    },
    {
      test: {
        ...shared,
        name: `${name}-alone`,
        include: ALONE,
        fileParallelism: false,
        sequence: { groupOrder: groupOrder + 1 },
      },
    },
  ];
};

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
      ...e2e('', 1),
      ...e2e('22', 3),
      ...e2e('24', 5),
      ...e2e('26', 7),
      {
        test: {
          name: 'surroundings',
          include: ['test/surroundings/*.test.ts'],
          globalSetup,
          hookTimeout: 60_000,
          sequence: { groupOrder: 9 },
        },
      },
      {
        test: {
          name: 'soak',
          include: ['test/soak/*.test.ts'],
          hookTimeout: 60_000,
          sequence: { groupOrder: 10 },
        },
      },
    ],
  },
});
