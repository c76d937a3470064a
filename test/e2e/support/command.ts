/** Commands about an ecosystem file that a supervisor in the background runs. */
import { spawnSync } from 'node:child_process';
import { onTestFinished } from 'vitest';
import type { State } from '../../../src/model/state.ts';
import { cli, node } from './runtimes.ts';
import { scene, type Scene } from './scene.ts';
import { run, type Ran } from './supervisor.ts';

export interface Background {
  readonly place: Scene;
  readonly port: number;
  /** What `up -d` printed and how it ended. */
  readonly started: Ran;
  /** `cluster-up ARGS` in the folder of the file, where it is found without being named. */
  readonly command: (...args: string[]) => Promise<Ran>;
  /** `ls --json` */
  readonly state: () => Promise<State>;
  /** Of the workers that are online, by slot. */
  readonly pids: () => Promise<number[]>;
}

/** `cluster-up ARGS` in the folder of the file; what it leaves in the background is ended with the test. */
export function commands(place: Scene): Background['command'] {
  onTestFinished(() => {
    spawnSync(node, [cli, 'down', '-f', place.file], { timeout: 20_000 });
  });
  return (...args) => run(args, { cwd: place.folder, inBackground: true });
}

/** The app of fixtures/web, started with `up -d`; ended with the test. */
export async function background(
  change: (text: string) => string = (text) => text,
  ...flags: string[]
): Promise<Background> {
  const place = scene('web');
  const port = await place.port(8080);
  place.write(change(place.read()));
  const command = commands(place);
  const started = await command('up', '-d', ...flags);
  const state = async (): Promise<State> => JSON.parse((await command('ls', '--json')).out) as State;
  const pids = async (): Promise<number[]> => {
    const workers = (await state()).apps.flatMap((app) => app.workers);
    return workers.filter(({ status }) => status === 'online').map(({ pid }) => pid ?? 0);
  };
  return { place, port, started, command, state, pids };
}
