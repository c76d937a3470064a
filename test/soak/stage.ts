/** The supervisor under soak, and what may happen to it. */
import { writeFileSync, renameSync } from 'node:fs';
import { connect, type Client } from '../../src/control/client.ts';
import { socketPath } from '../../src/control/paths.ts';
import type { State } from '../../src/model/state.ts';
import { get } from '../e2e/support/client.ts';
import { kill } from '../e2e/support/processes.ts';
import { scene, type Scene } from '../e2e/support/scene.ts';
import { up, type Supervisor } from '../e2e/support/supervisor.ts';
import { until } from '../e2e/support/until.ts';
import { HOME, somePorts, text, type Ports, type Wanted } from './ecosystem.ts';
import type { Random } from './random.ts';

export class Stage {
  readonly place: Scene;
  readonly ports: Ports;
  readonly supervisor: Supervisor;
  readonly client: Client;
  wanted: Wanted = { version: 0, ...HOME };
  /** When workers were killed, as ms since the epoch, by app. */
  readonly kills = { fragile: [] as number[], single: [] as number[] };
  readonly #random: Random;

  static async set(random: Random): Promise<Stage> {
    const place = scene('soak');
    const ports = await somePorts();
    place.write(text({ version: 0, ...HOME }, ports));
    const home = place.path('home');
    const supervisor = up(place.file, { flags: ['--silent'], env: { CLUSTER_UP_HOME: home } });
    const path = socketPath(home, place.file);
    const client = await until('the control socket answers', () => connect(path).catch(() => null));
    return new Stage(place, ports, supervisor, client, random);
  }

  constructor(place: Scene, ports: Ports, supervisor: Supervisor, client: Client, random: Random) {
    this.place = place;
    this.ports = ports;
    this.supervisor = supervisor;
    this.client = client;
    this.#random = random;
  }

  state(): Promise<State> {
    return this.client.call('state', {});
  }

  /** Everything that may happen, by name. Each leaves something for the supervisor to do. */
  readonly happenings: Readonly<Record<string, () => Promise<void>>> = {
    edit: () => this.edit({}),
    scale: () => this.edit({ steady: this.#random.between(2, 4) }),
    'add or remove an app': () => this.edit({ extra: !this.wanted.extra }),
    'deploy what never works': () => this.edit({ sound: false }),
    'write nonsense': () => this.#replace('apps: [ { name: never closed'),
    reload: async () => {
      await this.client.call('reload', { app: this.#random.pick(['steady', 'all']) });
    },
    'kill a worker': () => this.#kill('fragile'),
    'kill the only worker': () => this.#kill('single'),
    'kill a shell': () => this.#killShell(),
    'burst of output': () => this.#burst(),
    'slow request': () => this.#slow(),
  };

  /** Changes what is wanted, and so the file. */
  edit(change: Partial<Wanted>): Promise<void> {
    this.wanted = { ...this.wanted, sound: true, ...change, version: this.wanted.version + 1 };
    return this.#replace(text(this.wanted, this.ports));
  }

  #replace(content: string): Promise<void> {
    writeFileSync(this.place.path('ecosystem.yml.new'), content);
    renameSync(this.place.path('ecosystem.yml.new'), this.place.file);
    return Promise.resolve();
  }

  async #kill(app: 'fragile' | 'single'): Promise<void> {
    const pid = Number((await get(this.ports[app], '/pid')).body);
    this.kills[app].push(Date.now());
    kill(pid, 'SIGKILL');
  }

  async #killShell(): Promise<void> {
    const workers = (await this.state()).apps.find(({ name }) => name === 'tree')?.workers ?? [];
    const pids = workers.flatMap(({ pid }) => pid ?? []);
    if (pids.length > 0) kill(this.#random.pick(pids), 'SIGKILL');
  }

  async #burst(): Promise<void> {
    await get(this.ports.chatty, `/burst?lines=${this.#random.between(100, 5000)}`);
  }

  /** Begun here, and under way during whatever happens next; a failure fails the soak. */
  #slow(): Promise<void> {
    const request = get(this.ports.steady, `/slow?ms=${this.#random.between(100, 3000)}`);
    this.slow.push(
      request.then(
        ({ status }) => (status === 200 ? null : `status ${status}`),
        (error: unknown) => String(error),
      ),
    );
    return Promise.resolve();
  }

  /** Slow requests that are under way or over; null where all was well. */
  readonly slow: Promise<string | null>[] = [];
}
