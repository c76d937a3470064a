/** Plays seeds, many or one: `--seeds 1000000`, `--from 1`, `--seed 17` (with all that happened). */
import { parseArgs } from 'node:util';
import { Broken, play } from './play.ts';

/** Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({ args, options: { seed: string, seeds: string, from: string } });
  const isOne = values.seed !== undefined;
  const from = Number(values.seed ?? values.from ?? 1);
  const seeds = isOne ? 1 : Number(values.seeds ?? 1_000_000);
  const began = process.hrtime.bigint();
  let events = 0;
  for (let seed = from; seed < from + seeds; seed += 1) {
    try {
      const played = await play(seed);
      events += played.events;
      if (isOne) console.log(played.story.join('\n'));
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      console.log(error.story.slice(isOne ? 0 : -60).join('\n'));
      console.error(`${error.message}\nreplay: npm run test:simulation -- --seed ${seed}`);
      return 1;
    }
  }
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  console.log(`${seeds} seeds, ${events} events, ${seconds.toFixed(1)} s: no rule was broken`);
  return 0;
}
