/** Random graphs of apps that depend on each other, under random edits: the order always holds, and all converges. */
import fc from 'fast-check';
import { test } from 'vitest';
import type { Dependency } from '../../src/model/spec.ts';
import { runs } from '../runs.ts';
import { playAndCheckEnd } from './property.ts';
import { change, type Kind, type Scenario } from './scenario.ts';

const RUNS = runs(100, 3_000);

const app = fc.record({
  instances: fc.integer({ min: 0, max: 3 }),
  kind: fc.constantFrom<Kind>('good', 'good', 'good', 'job', 'job', 'crash', 'flaky'),
  /** One for each app above it: whether and how it is needed. */
  needs: fc.array(fc.constantFrom<Dependency['until'] | null>(null, 'started', 'ready', 'completed'), {
    minLength: 4,
    maxLength: 4,
  }),
});

const graph: fc.Arbitrary<Scenario> = fc
  .record({
    seed: fc.integer(),
    apps: fc.array(app, { minLength: 2, maxLength: 5 }),
    edits: fc.array(
      fc.record({
        after: fc.oneof(fc.integer({ min: 0, max: 3_000 }), fc.integer({ min: 300, max: 60_000 })),
        app: fc.nat({ max: 4 }),
        change,
      }),
      { maxLength: 5 },
    ),
  })
  .map(({ seed, apps, edits }) => ({
    seed,
    sleeps: false,
    edits,
    // The later ones need the earlier ones, so there is no circle; the file has them the other way round.
    apps: apps.map(({ instances, kind, needs }, i) => ({
      instances,
      kind,
      canary: 0,
      dependsOn: needs.slice(0, i).flatMap((wanted, j) => {
        if (wanted === null) return [];
        // Only a job can complete.
        const isEndless = wanted === 'completed' && apps[j]?.kind !== 'job';
        return [{ app: `app-${j}`, until: isEndless ? ('ready' as const) : wanted }];
      }),
    })),
  }));

test(`${RUNS} graphs break no rule`, { timeout: 240_000 }, () => {
  fc.assert(
    fc.property(graph, (story) => void playAndCheckEnd(story)),
    { numRuns: RUNS, seed: 20_260_203 },
  );
});
