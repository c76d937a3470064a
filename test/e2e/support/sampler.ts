/** Looks at the state of a supervisor again and again, as `ls --json` shows it. */
import { onTestFinished } from 'vitest';
import { connectTo } from '../../../src/control/find.ts';
import type { AppState } from '../../../src/model/state.ts';

export interface Sampler {
  /** Of the first app, oldest first. */
  readonly samples: readonly AppState[];
  readonly stop: () => void;
}

/** In ms. */
const EVERY = 5;

export async function sample(file: string): Promise<Sampler> {
  const client = await connectTo(file);
  if (client === null) throw new Error(`no supervisor runs ${file}`);
  const samples: AppState[] = [];
  let stopped = false;
  const look = async (): Promise<void> => {
    if (stopped) return;
    const { apps } = await client.call('state', {});
    if (apps[0] !== undefined) samples.push(apps[0]);
    setTimeout(() => void look().catch(stop), EVERY);
  };
  const stop = (): void => {
    stopped = true;
    client.close();
  };
  onTestFinished(stop);
  await look();
  return { samples, stop };
}
