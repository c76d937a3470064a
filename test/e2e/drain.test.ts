/** Drain by protocol: reloads under clients that never try again. Each can fail: the last tests see it do so. */
import { describe, expect, test } from 'vitest';
import { lanes } from './support/lanes.ts';
import { keepAlive, PROTOCOLS, type Protocol } from './support/protocols.ts';
import { scene, type Scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';

interface Served {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
}

/** The fixture's server for this protocol, up. */
async function serve({ script, env = {} }: Protocol, faults: Record<string, string> = {}): Promise<Served> {
  const place = scene('protocols');
  const port = await place.port(8080);
  const more = Object.entries(env).map(([name, value]) => `, ${name}: '${value}'`);
  place.write(
    place
      .read()
      .replace('./http.js', `./${script}`)
      .replace('VALUE: one', `VALUE: one${more.join('')}`),
  );
  const supervisor = up(place.file, { env: faults });
  await supervisor.converged();
  return { place, port, supervisor };
}

async function reload({ place, supervisor }: Served, value: string): Promise<void> {
  const mark = supervisor.mark();
  place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: ${value}`));
  await supervisor.converged(mark);
}

describe('two reloads under load, 0 failures', () => {
  test.each(PROTOCOLS)('$name', async (protocol) => {
    const served = await serve(protocol);
    const load = await lanes(6, () => protocol.lane(served.port));
    for (const value of ['two', 'three']) {
      await reload(served, value);
      await load.more(10);
    }
    const { ok, failures } = await load.stop();
    expect(failures).toEqual([]);
    expect(ok).toBeGreaterThan(25);
    expect(served.supervisor.count(/cut off/)).toBe(0);
  });

  test('a unix socket', async () => {
    const place = scene('protocols');
    place.edit((text) => text.replace('PORT: 8080', 'PORT: ./app.sock'));
    const supervisor = up(place.file);
    await supervisor.converged();
    const load = await lanes(6, () => keepAlive('/slow?ms=20')(place.path('app.sock')));
    for (const value of ['two', 'three']) {
      await reload({ place, port: 0, supervisor }, value);
      await load.more(10);
    }
    expect((await load.stop()).failures).toEqual([]);
  });
});

describe('with the drain switched off, the same load shows losses', () => {
  test.each(PROTOCOLS)('$name', async (protocol) => {
    const served = await serve(protocol, { CLUSTER_UP_FAULT: 'no-drain' });
    const load = await lanes(6, () => protocol.lane(served.port));
    await reload(served, 'two');
    await load.more(10);
    expect((await load.stop()).failures.length).toBeGreaterThan(0);
  });
});
