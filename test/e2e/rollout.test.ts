/** A rollout is a transaction: wherever the new version fails, the last stable one serves on, and nobody notices. */
import { describe, expect, test } from 'vitest';
import { expectNoFailure, load, notCut } from './support/client.ts';
import { kill } from './support/processes.ts';
import { sample, type Sampler } from './support/sampler.ts';
import { run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot, web, type Web } from './support/web.ts';

const N = 4;
const slots = Array.from({ length: N }, (_, slot) => slot);

function four(rollout: string): Promise<Web> {
  return web((text) =>
    text.replace('instances: 2', `instances: ${N}`).replace('deadline: 20s', `deadline: 60s, ${rollout}`),
  );
}

/** As few workers as were ready at any time. */
function fewest({ samples }: Sampler): number {
  return Math.min(...samples.map(({ ready }) => ready));
}

describe.each([
  { surge: 1, unavailable: 0 },
  { surge: 0, unavailable: 1 },
  { surge: 2, unavailable: 1 },
])('max_surge $surge, max_unavailable $unavailable', ({ surge, unavailable }) => {
  const limits = `max_surge: ${surge}, max_unavailable: ${unavailable}`;

  test.each([
    {
      what: 'at boot',
      env: (slot: number) => `BREAKS: ${slot}`,
      limits,
      reason: 'exited with code 1 before it listened',
      stderr: (slot: number) => `Error: there is no luck in slot ${slot}`,
    },
    {
      what: 'during min_ready',
      env: (slot: number) => `BREAKS: ${slot}, AFTER: 150`,
      limits: `${limits}, min_ready: 1s`,
      reason: /exited with code 7, [\d.]+ m?s after it was ready/,
      stderr: (slot: number) => `the luck of slot ${slot} has run out`,
    },
  ])(
    'a version that dies $what, in each slot in turn',
    async ({ env, limits, reason, stderr }) => {
      const { place, port, supervisor } = await four(limits);
      const good = place.read();
      const sampler = await sample(place.file);
      const revision = sampler.samples[0]?.revision ?? '';
      // Connections of their own: what a dying worker keeps open for later is lost with it.
      const clients = await load(port, { keepAlive: 0, fresh: 8, rate: 400 });
      for (const slot of slots) {
        const begun = performance.now();
        const mark = supervisor.mark();
        place.write(
          good.replace('./server.js', './unlucky.js').replace('VALUE: one', `VALUE: two, ${env(slot)}`),
        );
        const applied = await run(['up', '--wait', place.file]);
        expect(applied.code).toBe(1);
        expect(applied.err).toMatch(reason);
        expect(applied.err).toContain(stderr(slot));
        // Two that are alike are enough: nobody waits for the deadline.
        expect(performance.now() - begun).toBeLessThan(40_000);
        await supervisor.line(new RegExp(`rolled back to ${revision}`), { after: mark });
        const { workers, rollout } = (await sample(place.file)).samples[0] ?? {};
        expect(rollout).toMatchObject({ state: 'rolled-back', from: revision });
        const online = workers?.filter(({ status }) => status === 'online') ?? [];
        expect(online.map((worker) => [worker.slot, worker.revision])).toEqual(
          slots.map((s) => [s, revision]),
        );
      }
      sampler.stop();
      expect(sampler.samples.length).toBeGreaterThan(50);
      expect(fewest(sampler)).toBeGreaterThanOrEqual(N - unavailable);
      const living = sampler.samples.map(
        ({ workers }) => workers.filter(({ status }) => status === 'starting' || status === 'online').length,
      );
      expect(Math.max(...living)).toBeLessThanOrEqual(N + surge);
      expectNoFailure(await clients.stop(300));
    },
    120_000,
  );
});

test('on_failure: pause leaves both versions as they are, until the next edit', async () => {
  const { place, port, supervisor, apply } = await four('on_failure: pause');
  const good = place.read();
  const clients = await load(port, { keepAlive: 4, fresh: 4, rate: 400 });
  const mark = supervisor.mark();
  place.write(good.replace('./server.js', './unlucky.js').replace('VALUE: one', 'VALUE: two, BREAKS: 2'));
  const applied = await run(['up', '-d', place.file]);
  expect(applied.code).toBe(1);
  expect(applied.err).toContain('is paused: it exited with code 1 before it listened');
  expect(applied.err).toContain('there is no luck in slot 2');
  await supervisor.line(/paused: what serves, serves on; edit the file to go on/, { after: mark });
  const { samples, stop } = await sample(place.file);
  stop();
  const [state] = samples;
  expect(state).toMatchObject({ ready: N, rollout: { state: 'paused', updated: 2 } });
  const [a, b, c, d] = (state?.workers ?? []).map(({ revision }) => revision);
  expect([a === b, c === d, b === c]).toEqual([true, true, false]);
  await clients.answered(/"two"/, 5);
  await clients.answered(/"one"/, 5);
  await apply('BREAKS: 2', 'BREAKS: none');
  expect(Object.keys(await pidsBySlot(port, N))).toHaveLength(N);
  const before = clients.stats().answers;
  await clients.answered(/"two"/, 50);
  const ones = (answers: object): number =>
    Object.keys(answers).filter((body) => body.includes('"one"')).length;
  expect(ones(clients.stats().answers)).toBe(ones(before));
  expectNoFailure(await clients.stop(200));
});

describe('a canary', () => {
  const canary = (text: string): string =>
    text
      .replace('instances: 2', `instances: ${N}`)
      .replace('deadline: 20s', 'deadline: 2s, canary: 25%, canary_pause: 8s');

  test('goes first, and the others follow after the pause', async () => {
    const { place, port, supervisor, edit } = await web(canary);
    const clients = await load(port);
    const sampler = await sample(place.file);
    const mark = edit('VALUE: one', 'VALUE: two');
    await supervisor.line(/web: canary 1 of 4, goes on in 8 s if it stays up/, { after: mark });
    const held = performance.now();
    const told = /canary 1 of 4, goes on in [1-8] s/;
    const at = ['-f', place.file];
    expect((await run(['ls', ...at])).out).toMatch(
      /web: rolling, 1 of 4 workers run \w+, canary 1 of 4, goes on in/,
    );
    expect((await run(['show', 'web', ...at])).out).toMatch(
      /^rollout +progressing, canary 1 of 4, goes on in/m,
    );
    expect((await run(['plan', place.file])).out).toMatch(told);
    await clients.answered(/"two"/, 10);
    await clients.answered(/"one"/, 10);
    expect((await run(['up', '--wait', place.file])).code).toBe(0);
    expect(performance.now() - held).toBeGreaterThan(7_900);
    sampler.stop();
    const pause = sampler.samples.filter(({ rollout }) => rollout.canary?.goesOnInMs != null);
    expect(pause.length).toBeGreaterThan(10);
    expect(new Set(pause.map(({ rollout }) => rollout.updated))).toEqual(new Set([1]));
    expect(fewest(sampler)).toBe(N);
    await supervisor.line(/web: going on: the canary held for 8 s/, { after: mark });
    await supervisor.converged(mark);
    expectNoFailure(await clients.stop(500));
  });

  test('that dies in the pause takes the version back with it, and no other worker was touched', async () => {
    const { place, port, supervisor, edit } = await web(canary);
    const before = await pidsBySlot(port, N);
    const clients = await load(port, { keepAlive: 0, fresh: 4, rate: 200 });
    const mark = edit('VALUE: one', 'VALUE: two');
    await supervisor.line(/web: canary 1 of 4/, { after: mark });
    const waiting = up(place.file, { flags: ['--wait'] });
    // Once the version has failed, applying the file by hand would try it again.
    await waiting.line(/applied to the running supervisor/);
    const sampler = await sample(place.file);
    const [worker] =
      sampler.samples[0]?.workers.filter(({ slot, status }) => slot === 0 && status === 'online') ?? [];
    kill(worker?.pid ?? 0, 'SIGKILL');
    await supervisor.line(/because a worker was killed by SIGKILL.*, as a canary/, { after: mark });
    expect((await waiting.exited()).code).toBe(1);
    expect(waiting.text('err')).toMatch(/was rolled back: it was killed by SIGKILL.*, as a canary/);
    const after = await pidsBySlot(port, N);
    expect({ ...after, 0: 0 }).toEqual({ ...before, 0: 0 });
    await until('the old version serves all', () => sampler.samples.at(-1)?.ready === N);
    // At most what the canary itself was answering.
    const stats = await clients.stop(50);
    expect(stats.failed).toBeLessThanOrEqual(4);
    expect(notCut(stats)).toEqual([]);
  });
});
