/**
 * The whole supervisor on a simulated machine, from one seed each. A seed that fails is printed with what happened, and
 * replays: `npm run test:simulation -- --seed N`.
 */
import { expect, test } from 'vitest';
import { Broken, play } from './play.ts';

/** `npm run test:simulation` has more. */
const SEEDS = 20;

test(`${SEEDS} seeds break no rule`, { timeout: 240_000 }, async () => {
  for (let seed = 1; seed <= SEEDS; seed += 1)
    await play(seed).catch((error: unknown) => {
      if (error instanceof Broken) console.log(error.story.join('\n'));
      throw error;
    });
});

test('the same seed tells the same story', async () => {
  const [first, second] = [await play(7), await play(7)];
  expect(first.story).toEqual(second.story);
  expect(first.story.length).toBeGreaterThan(30);
});
