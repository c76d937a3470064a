/** Releases of a small app in folders of their own, and a link to the one that is current, as deploy tools have them. */
import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { AppState, State } from '../../../src/model/state.ts';
import { freePort } from './ports.ts';
import { scene, type Scene } from './scene.ts';
import { run, type Ran } from './supervisor.ts';
import { until } from './until.ts';

/** Answers with the release that it is of, and its process. */
const server = (release: string): string => `
  const release = ${JSON.stringify(release)};
  require('node:http')
    .createServer((_request, response) => response.end(release + ' ' + process.pid))
    .listen(process.env.PORT);
`;

/** Code that never serves. */
export const BROKEN = {
  throws: 'throw new Error("this release is broken");',
  'never listens': 'setInterval(() => {}, 1000);',
} as const;

/** Commands whose argument is the file. */
const TAKES_FILE = new Set(['up', 'plan']);

export interface Releases {
  readonly scene: Scene;
  readonly file: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  /** Makes the folder of a release; it is not current. */
  readonly make: (name: string, code?: string) => string;
  /** Makes it current, at once, as `ln -sfn` and a rename do. */
  readonly link: (name: string) => void;
  readonly command: (name: string, ...args: readonly string[]) => Promise<Ran>;
  readonly state: () => Promise<State>;
  readonly app: () => Promise<AppState>;
  /** Until what runs is as asked and of this release. */
  readonly settled: (name: string) => Promise<AppState>;
}

/** @param fields of the app besides its name, script, folder and port */
export async function releases(fields = 'instances: 2'): Promise<Releases> {
  const place = scene();
  const port = await freePort();
  const env = { CLUSTER_UP_HOME: place.path('home') };
  const make = (name: string, code: string = server(name)): string => {
    const folder = place.path(`releases/${name}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      path.join(folder, 'package.json'),
      JSON.stringify({ name: 'shop', version: versionOf(name) }),
    );
    writeFileSync(path.join(folder, 'server.js'), code);
    return folder;
  };
  const link = (name: string): void => {
    symlinkSync(path.join('releases', name), place.path('next'));
    renameSync(place.path('next'), place.path('current'));
  };
  const command = (name: string, ...args: readonly string[]): Promise<Ran> =>
    run(TAKES_FILE.has(name) ? [name, place.file, ...args] : [name, ...args, '-f', place.file], { env });
  const state = async (): Promise<State> => JSON.parse((await command('ls', '--json')).out) as State;
  const app = async (): Promise<AppState> => {
    const [first] = (await state()).apps;
    if (first === undefined) throw new Error('there is no app');
    return first;
  };
  make('r1');
  link('r1');
  place.write(
    `apps: [{ name: shop, script: ./server.js, cwd: ./current, ${fields}, env: { PORT: ${port} } }]\n`,
  );
  const settled = async (name: string): Promise<AppState> => {
    const found = await until(
      `${name} is all that runs`,
      async () => {
        const now = await state();
        const [one] = now.apps;
        const isAll = one?.workers.every(
          ({ status, code }) => status === 'online' && code?.endsWith(`/${name}`),
        );
        return now.converged && isAll === true ? one : null;
      },
      30_000,
    );
    return found;
  };
  return { scene: place, file: place.file, port, env, make, link, command, state, app, settled };
}

/** `r12` is 1.0.12. */
export function versionOf(release: string): string {
  return `1.0.${release.replace(/\D/g, '')}`;
}
