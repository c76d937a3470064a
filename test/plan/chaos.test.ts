/**
 * Schedules of the simulated cluster, each from a seed of its own: crashes, hangs, workers to be replaced,
 * edits, scaling, canaries, budgets that run out, and a supervisor that sleeps now and then. One seed alone:
 * `CHAOS_SEED=17 npx vitest run --project unit test/plan/chaos.test.ts`.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { playAndCheckEnd, schedules } from './property.ts';
import { scenario } from './scenario.ts';

const { CHAOS_SEED } = process.env;
/** In fewer, the rarest of what is expected does not happen. */
const RUNS = schedules(300);
const SEEDS = CHAOS_SEED === undefined ? Array.from({ length: RUNS }, (_, i) => i + 1) : [Number(CHAOS_SEED)];

/** What the schedules are to have in them, or they would prove nothing of it. */
const EXPECTED = [
  ...['begin', 'start', 'ready', 'drain', 'stop', 'kill', 'hold', 'resume', 'complete', 'leave', 'remove'],
  ...['rolled-back', 'paused', 'failed', 'exited', 'unfit', 'given up', 'sleep', 'blocked'],
];

test(`${RUNS} seeded schedules break no rule`, { timeout: 240_000 }, () => {
  const total = new Map<string, number>();
  for (const seed of SEEDS) {
    for (const [what, times] of play(seed)) total.set(what, (total.get(what) ?? 0) + times);
  }
  const summary = [...total].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, times]) => `${what} ${times}`);
  console.log(`chaos: ${SEEDS.length} seeds: ${summary.join(', ')}`);
  if (CHAOS_SEED === undefined) expect([...total.keys()]).toEqual(expect.arrayContaining(EXPECTED));
});

/** Tells how often what happened. */
function play(seed: number): Map<string, number> {
  const [story] = fc.sample(scenario, { seed, numRuns: 1 });
  if (story === undefined) throw new Error('no schedule');
  try {
    const { tally, observed, desired } = playAndCheckEnd(story);
    const givenUp = observed.apps.flatMap((app) => {
      const spec = desired.apps.find(({ name }) => name === app.name);
      return app.slots.filter(({ budget }) => budget.spent >= (spec?.restart.maxRestarts ?? Infinity));
    });
    return new Map([...tally, ['given up', givenUp.length]]);
  } catch (error) {
    const told = `CHAOS_SEED=${seed}: ${(error as Error).message}\n${JSON.stringify(story)}`;
    throw new Error(told, { cause: error });
  }
}
