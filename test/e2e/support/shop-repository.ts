/** A git repository of a small app, and an ecosystem file whose `source` it is. */
import { mkdirSync } from 'node:fs';
import type { AppState, State } from '../../../src/model/state.ts';
import { commit, git } from '../../releases/support.ts';
import { get } from './client.ts';
import { freePort } from './ports.ts';
import { scene, type Scene } from './scene.ts';
import { run, type Ran } from './supervisor.ts';
import { until } from './until.ts';

/** Answers with what the build wrote. */
const SERVER = `
  const { release } = require('./built.json');
  require('node:http').createServer((_request, response) => response.end(release)).listen(process.env.PORT);
`;
/** Says in `builds`, beside the repository, that it was run. */
const BUILD = 'cp release.json built.json && echo built >> "$BUILDS"';

export interface Shop {
  readonly scene: Scene;
  readonly file: string;
  readonly port: number;
  readonly env: Readonly<Record<string, string>>;
  readonly repository: string;
  /** Commits a release, with other files if need be, and answers its id. */
  readonly release: (name: string, files?: Readonly<Record<string, string>>) => string;
  readonly git: (...args: readonly string[]) => string;
  /** Writes the ecosystem file: these fields are added to `source`. */
  readonly write: (source: string, build?: string) => void;
  readonly command: (name: string, ...args: readonly string[]) => Promise<Ran>;
  readonly state: () => Promise<State>;
  readonly app: () => Promise<AppState>;
  readonly answer: () => Promise<string>;
  /** Until the release of this id is all that runs, as asked. */
  readonly settled: (id: string) => Promise<AppState>;
}

/** @param fields of the app besides its name, script, source and port */
export async function shop(fields = 'instances: 2'): Promise<Shop> {
  const place = scene();
  const port = await freePort();
  const repository = place.path('repository');
  mkdirSync(repository);
  git(repository, 'init', '--quiet');
  const env = { CLUSTER_UP_HOME: place.path('home'), BUILDS: place.path('builds') };
  const command = (name: string, ...args: readonly string[]): Promise<Ran> =>
    run(name === 'up' || name === 'plan' ? [name, place.file, ...args] : [name, ...args, '-f', place.file], {
      env,
    });
  const state = async (): Promise<State> => JSON.parse((await command('ls', '--json')).out) as State;
  const app = async (): Promise<AppState> => {
    const found = (await state()).apps.find(({ name }) => name === 'shop');
    if (found === undefined) throw new Error('there is no app');
    return found;
  };
  return {
    ...{ scene: place, file: place.file, port, env, repository, command, state, app },
    release: (name, files = {}) =>
      commit(repository, {
        'server.js': SERVER,
        'package.json': JSON.stringify({ name: 'shop', version: name }),
        'release.json': JSON.stringify({ release: name }),
        ...files,
      }).slice(0, 8),
    git: (...args) => git(repository, ...args),
    write: (source, build = BUILD) =>
      place.write(
        `apps:\n  - { name: shop, script: ./server.js, ${fields}, env: { PORT: ${port} },\n` +
          `      source: { git: ./repository, ${source}, build: ${JSON.stringify(build)} } }\n`,
      ),
    answer: async () => (await get(port)).body,
    settled: (id) =>
      until(
        `${id} is all that runs`,
        async () => {
          const [now, one] = [await state(), await app()];
          const isAll = one.workers.every(({ status, code }) => status === 'online' && code === id);
          return now.converged && one.ready === one.desired && isAll ? one : null;
        },
        30_000,
      ),
  };
}
