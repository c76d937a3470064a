/** Plays seeds: `--seeds 1000000`, `--from 1`, in as many processes as there are cores; or one with all that happened: `--seed 17`. */
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Broken, play } from './play.ts';
import { isPart, playInParts, type Seeds } from './parts.ts';

/** Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const options = { seed: string, seeds: string, from: string, every: string, processes: string };
  const { values } = parseArgs({ args, options });
  const one = values.seed === undefined ? null : Number(values.seed);
  const all = {
    from: one ?? Number(values.from ?? 1),
    count: one === null ? Number(values.seeds ?? 1_000_000) : 1,
    every: Number(values.every ?? 1),
  };
  const began = process.hrtime.bigint();
  const processes = Math.min(Number(values.processes ?? availableParallelism()), all.count);
  const events = processes > 1 ? await playInParts(all, processes) : await playAll(all, one !== null);
  if (events === null) return 1;
  if (isPart()) process.send?.(events);
  const seconds = Number(process.hrtime.bigint() - began) / 1e9;
  if (!isPart())
    console.log(`${all.count} seeds, ${events} events, ${seconds.toFixed(1)} s: no rule was broken`);
  return 0;
}

/** How many events there were; null where a seed has failed. */
async function playAll({ from, count, every }: Seeds, isTold: boolean): Promise<number | null> {
  let events = 0;
  for (let n = 0; n < count; n += 1) {
    const seed = from + n * every;
    try {
      const played = await play(seed);
      events += played.events;
      if (isTold) console.log(played.story.join('\n'));
    } catch (error) {
      if (!(error instanceof Broken)) throw error;
      console.log(error.story.slice(isTold ? 0 : -60).join('\n'));
      console.error(`${error.message}\nreplay: npm run test:simulation -- --seed ${seed}`);
      return null;
    }
  }
  return events;
}
