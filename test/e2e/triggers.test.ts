/** Schedules, changed files and leaks replace workers under load, and cost no request. */
import { describe, expect, test } from 'vitest';
import { expectNoFailure, get, load, type Load, type LoadStats } from './support/client.ts';
import { scene, type Scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot } from './support/web.ts';

interface Running {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
}

/** The app of fixtures/triggers with these lines. */
async function running(...lines: string[]): Promise<Running> {
  const place = scene('triggers');
  const port = await place.port(8080);
  place.edit((text) => text.replace('# here', lines.join('\n    ')));
  const supervisor = up(place.file);
  await supervisor.converged();
  return { place, port, supervisor };
}

/** For the figures of a run. */
function note(what: string, { answers, ...figures }: LoadStats): void {
  const processes = Object.keys(answers).length;
  if (process.env['E2E_FIGURES']) console.log(what, JSON.stringify({ ...figures, processes }));
}

const BEGIN = /web: rolling from/;
const STABLE = /web: revision \w+ is stable/;

/** How many different processes have answered. */
function answered(clients: Load): number {
  return Object.keys(clients.stats().answers).length;
}

describe('cron_restart', () => {
  test('every 2 seconds rolls the app again and again: 0 failed requests', async () => {
    const { port, supervisor } = await running("cron_restart: '*/2 * * * * *'");
    const clients = await load(port, { rate: 800 });
    await supervisor.line(/web: rolling from \w+ to \w+: cron \*\/2 \* \* \* \* \*$/);
    await until('three rollouts', () => supervisor.count(BEGIN) >= 3);
    await until('workers of each answer', () => answered(clients) >= 6);
    const stats = await clients.stop(1000);
    note('cron', stats);
    expectNoFailure(stats);
  });

  test('ends with the line, and begins again with it', async () => {
    const { place, supervisor } = await running("cron_restart: '* * * * * *'");
    await supervisor.line(BEGIN);
    let mark = supervisor.mark();
    place.edit((text) => text.replace("cron_restart: '* * * * * *'", 'cron_restart: 0'));
    await supervisor.converged(mark);
    mark = supervisor.mark();
    await new Promise((resolve) => setTimeout(resolve, 2500));
    expect(supervisor.count(BEGIN, mark)).toBe(0);
    place.edit((text) => text.replace('cron_restart: 0', "cron_restart: '* * * * * *'"));
    await supervisor.line(BEGIN, { after: mark });
  });

  test('runs a job that ends', async () => {
    const place = scene('triggers');
    place.edit((text) =>
      text
        .replace('server.js', 'job.js')
        .replace('instances: 2', 'exec_mode: fork')
        .replace('# here', "autorestart: false\n    cron_restart: '*/2 * * * * *'"),
    );
    const supervisor = up(place.file);
    await until('it has run three times', () => supervisor.count(/done \d+/) >= 3);
  });
});

describe('watch', () => {
  test('files that are saved together roll the app once; others do not: 0 failed requests', async () => {
    const { place, port, supervisor } = await running('watch: true', 'ignore_watch: [data]');
    const clients = await load(port, { rate: 800 });
    const before = await pidsBySlot(port, 2);
    let mark = supervisor.mark();
    place.write("module.exports = 'two';", 'lib/version.js');
    place.write('// two', 'lib/other.js');
    await supervisor.line(/web: rolling from \w+ to \w+: lib\/\w+\.js and 1 more changed/, { after: mark });
    await supervisor.line(STABLE, { after: mark });
    await clients.answered(/"two"/, 20);
    const after = await pidsBySlot(port, 2);
    for (const slot of [0, 1]) expect(after[slot]).not.toBe(before[slot]);

    // What is left out changes nothing, nor does an edit of the ecosystem file that changes no app.
    mark = supervisor.mark();
    place.write('1', 'debug.log');
    place.write('1', '.hidden');
    place.write('1', 'data');
    place.edit((text) => `${text}# nothing\n`);
    await new Promise((resolve) => setTimeout(resolve, 2000));
    expect(supervisor.count(BEGIN, mark)).toBe(0);

    // Saved again and again while it rolls: one more rollout, with the last of it.
    mark = supervisor.mark();
    place.write("module.exports = 'three';", 'lib/version.js');
    await supervisor.line(BEGIN, { after: mark });
    place.write("module.exports = 'four';", 'lib/version.js');
    await clients.answered(/"four"/, 20);
    await until('both are stable', () => supervisor.count(STABLE, mark) === 2);
    expect(supervisor.count(BEGIN, mark)).toBe(2);
    const stats = await clients.stop(1000);
    note('watch', stats);
    expectNoFailure(stats);
  });

  test('a broken save is rolled back, and the next one is tried', async () => {
    const { place, port, supervisor } = await running('watch: [lib]', 'watch_delay: 100ms');
    const clients = await load(port, { rate: 300 });
    place.write('syntax error here', 'lib/version.js');
    await supervisor.line(/rolled back to/);
    place.write("module.exports = 'mended';", 'lib/version.js');
    await clients.answered(/"mended"/, 20);
    expectNoFailure(await clients.stop(100));
  });
});

describe('max_memory_restart', () => {
  test.skipIf(process.platform !== 'linux')(
    'replaces the worker that leaks, and no other: 0 failed requests',
    async () => {
      const { port, supervisor } = await running('max_memory_restart: 250M');
      const clients = await load(port, { rate: 500 });
      const before = await pidsBySlot(port, 2);
      const { slot } = JSON.parse((await get(port, '/leak?mb=300')).body) as { slot: number };
      await supervisor.line(
        new RegExp(`web:${slot} starting: uses \\d+ MiB, max_memory_restart is 250 MiB \\(line 7\\)`),
      );
      await supervisor.line(new RegExp(`web:${slot} draining \\(pid ${before[slot]}\\): replaced by`));
      await until('it has gone', () => supervisor.processes().length === 3);
      const after = await pidsBySlot(port, 2);
      expect(after[slot]).not.toBe(before[slot]);
      expect(after[1 - slot]).toBe(before[1 - slot]);
      const stats = await clients.stop(500);
      note('memory', stats);
      expectNoFailure(stats);
    },
  );
});
