/** The flagship: rolling reloads under a load that never retries, and deploys that fail under the same load. */
import { describe, expect, test } from 'vitest';
import { expectNoFailure, load } from './support/client.ts';
import { until } from './support/until.ts';
import { pidsBySlot, web } from './support/web.ts';

/** For the figures of a run; see docs. */
function note(what: string, stats: object): void {
  if (process.env['E2E_FIGURES']) console.log(what, JSON.stringify(stats));
}

describe('reload under load', () => {
  test('10 edits of env in a row, keep-alive and new connections mixed: 0 failed requests', async () => {
    const { port, supervisor, apply } = await web();
    const clients = await load(port, { rate: 1500 });
    for (let i = 1; i <= 10; i++) {
      await apply(/VALUE: \w+/, `VALUE: edit${i}`);
      await clients.answered(new RegExp(`"edit${i}"`), 20);
    }
    // Keep-alive connections are let go of under load too, long before drain_timeout would cut them off.
    await until('two workers are left', () => supervisor.processes().length === 3, 5000);
    await clients.more(200);
    const stats = await clients.stop(2000);
    const { answers, ...figures } = stats;
    note('10 edits', { ...figures, workers: Object.keys(answers).length });
    expectNoFailure(stats);
    // Both workers of all eleven revisions have answered.
    expect(Object.keys(answers).length).toBe(22);
    expect(stats.worstGap).toBeLessThan(1000);
  });

  test('10 edits that do not wait for each other', async () => {
    const { port, place, supervisor } = await web();
    const clients = await load(port, { rate: 1000 });
    const mark = supervisor.mark();
    for (let i = 1; i <= 10; i++) {
      place.edit((text) => text.replace(/VALUE: \w+/, `VALUE: edit${i}`));
      await clients.more(100);
    }
    await clients.answered(/"edit10"/, 20);
    await supervisor.converged(mark);
    await until('two workers are left', () => supervisor.processes().length === 3);
    expectNoFailure(await clients.stop(1000));
  });

  test('one worker, slow requests: each one finishes where it began', async () => {
    const { port, supervisor, apply } = await web((text) => text.replace('instances: 2', 'instances: 1'));
    const clients = await load(port, { keepAlive: 10, fresh: 10, rate: 60, path: '/slow?ms=300' });
    for (let i = 1; i <= 3; i++) {
      await apply(/VALUE: \w+/, `VALUE: edit${i}`);
      await clients.answered(new RegExp(`"edit${i}"`), 5);
    }
    expectNoFailure(await clients.stop(60));
    await until('one worker is left', () => supervisor.processes().length === 2);
  });
});

describe('bad deploys under load', () => {
  const cases: { what: string; from: string; to: string; reason: RegExp; stderr: string | null }[] = [
    {
      what: 'throws at boot',
      from: './server.js',
      to: './throws.js',
      reason: /because a worker exited with code 1 before it listened/,
      stderr: 'Error: the database password is missing',
    },
    {
      what: 'exits with 0',
      from: './server.js',
      to: './exits.js',
      reason: /because a worker exited with code 0 before it listened/,
      stderr: 'nothing to do here',
    },
    {
      what: 'is alive but does not listen',
      from: './server.js',
      to: './silent.js',
      reason: /because a worker did not listen within 2 ?s/,
      stderr: null,
    },
    {
      what: 'hangs and hears no signal',
      from: './server.js',
      to: './hangs.js',
      reason: /because a worker did not listen within 2 ?s/,
      stderr: null,
    },
    {
      what: 'never sends the message that ready: message waits for',
      from: 'env: { PORT',
      to: 'ready: message\n    env: { BROKEN: 1, PORT',
      reason: /because a worker did not send 'ready' within 2 ?s/,
      stderr: null,
    },
  ];

  test('one that does not listen in time: its last stderr is shown, though it lives', async () => {
    const { supervisor, edit } = await web((text) => text.replace('deadline: 20s', 'deadline: 1s'));
    const mark = edit('./server.js', './silent.js');
    await supervisor.line(/rolled back to/, { after: mark });
    await supervisor.line(/^cluster-up .*waiting for something that never comes/, {
      after: mark,
      within: 5000,
    });
  });

  test.each(cases)('$what', async ({ what, from, to, reason, stderr }) => {
    const { port, supervisor, edit, apply } = await web((text) =>
      text.replace('deadline: 20s', 'deadline: 2s'),
    );
    const before = await pidsBySlot(port, 2);
    const clients = await load(port);
    const mark = edit(from, to);
    await supervisor.line(/rolled back to [0-9a-f]{8}, whose workers serve on/, { after: mark });
    await supervisor.line(reason, { after: mark });
    const said = supervisor.lines.slice(mark).filter(({ text }) => text.startsWith('cluster-up'));
    if (stderr !== null) expect(said.map(({ text }) => text).join('\n')).toContain(stderr);
    await clients.more(300);
    expect(await pidsBySlot(port, 2)).toEqual(before);
    await until('only the old workers are left', () => supervisor.processes().length === 3);
    expect(supervisor.count(/converged/, mark)).toBe(0);
    // And forward again.
    await apply(to, from);
    await apply('VALUE: one', 'VALUE: repaired');
    await clients.answered(/"repaired"/, 20);
    const stats = await clients.stop(500);
    note(what, { requests: stats.requests, failed: stats.failed, worstGap: stats.worstGap });
    expectNoFailure(stats);
    // Nobody else than the old and the repaired workers has ever answered.
    expect(Object.keys(stats.answers).filter((body) => !/"(one|repaired)"/.test(body))).toEqual([]);
    await until('two workers are left', () => supervisor.processes().length === 3);
  });
});
