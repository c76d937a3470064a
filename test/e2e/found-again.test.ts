/** What a dead supervisor has left is found where the state folder, or lists in it, were taken away. */
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { isAlive } from './support/processes.ts';
import type { Scene } from './support/scene.ts';
import { gone, run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { webAndProgram } from './support/web.ts';

interface World {
  readonly place: Scene;
  readonly env: { readonly CLUSTER_UP_HOME: string };
  readonly ports: readonly [number, number];
  readonly first: Supervisor;
}

/** The app of fixtures/web in cluster mode and one of its workers in fork mode, whose supervisor has been killed. */
async function orphaned(): Promise<World> {
  const place = await webAndProgram();
  const env = { CLUSTER_UP_HOME: place.path('state') };
  const first = up(place.file, { env, inBackground: true });
  await first.converged();
  return { place, env, ports: place.ports, first };
}

const pidAt = async (port: number): Promise<number> => (await getJson<{ pid: number }>(port)).pid;

describe.skipIf(process.platform !== 'linux')('a supervisor was killed', () => {
  test.each([
    ['the whole state folder', () => true],
    ['the lists alone', (name: string) => /\.(pids|workers)$/.test(name)],
  ])('and %s was taken away: nobody fails, and nothing runs twice', async (_what, isTaken) => {
    const { place, env, ports, first } = await orphaned();
    const [port, other] = ports;
    const program = await pidAt(other);
    const client = await load(port, { rate: 200 });
    first.signal('SIGKILL');
    await first.exited();
    await until('its workers wait', () =>
      readdirSync(env.CLUSTER_UP_HOME).some((name) => /\.\d+$/.test(name)),
    );
    for (const name of readdirSync(env.CLUSTER_UP_HOME).filter(isTaken))
      rmSync(path.join(env.CLUSTER_UP_HOME, name));
    if (isTaken('')) rmSync(env.CLUSTER_UP_HOME, { recursive: true });
    const looked = await run(['ls', '-f', place.file], { env });
    expect(looked.err).toMatch(/processes of one that died live on/);

    const next = up(place.file, { env });
    await next.converged();
    await gone([program]);
    expect(await pidAt(other)).not.toBe(program);
    expectNoFailure(await client.stop());
    await next.end();
    await gone(first.processes().map(({ pid }) => pid));
  });

  test('and what a program of it has started in time and left alone is not taken for one', async () => {
    const { place, env, ports, first } = await orphaned();
    // Has the same environment, and leads a group of its own.
    const script = `require('child_process').spawn('sleep', ['60'], { detached: true, stdio: 'ignore' })`;
    writeFileSync(place.path('late.js'), `setTimeout(() => { ${script} }, 8000); require('./server.js');\n`);
    const mark = first.mark();
    place.edit((text) =>
      text.replace('name: program, script: ./server.js', 'name: program, script: ./late.js'),
    );
    await first.converged(mark);
    const parent = await pidAt(ports[1]);
    const stray = await until('it has started one', () =>
      first.processes().find(({ command }) => command.startsWith('sleep')),
    );
    first.signal('SIGKILL');
    await first.exited();
    rmSync(env.CLUSTER_UP_HOME, { recursive: true });
    process.kill(parent, 'SIGKILL');
    const ended = await run(['down', '-f', place.file], { env });
    expect(ended.code).toBe(0);
    expect(isAlive(stray.pid)).toBe(true);
    process.kill(stray.pid, 'SIGKILL');
  });
});
