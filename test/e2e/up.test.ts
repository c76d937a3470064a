/** `cluster-up FILE` in the foreground: several apps, their output, and the ways it ends. */
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { begin, get, getJson, type Reply } from './support/client.ts';
import { scene } from './support/scene.ts';
import { up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { memoryPeak } from './support/processes.ts';

/** Two signals of which the second comes later than this, in ms, are two. */
const SAME_KEY = 150;

/** An app that is up, with a request in flight that takes `ms`. */
async function withRequestInFlight(url: string): Promise<{ supervisor: Supervisor; reply: Promise<Reply> }> {
  const place = scene('web');
  const port = await place.port(8080);
  const supervisor = up(place.file);
  await supervisor.converged();
  return { supervisor, reply: (await begin(port, url)).end };
}

describe('several apps at once', () => {
  test('a cluster, a shell script, a Python program and a binary run, and say so', async () => {
    const place = scene('programs');
    const port = await place.port(8080);
    const supervisor = up(place.file);
    await supervisor.converged();
    await supervisor.line(/^api:0 +\| api listens$/);
    await supervisor.line(/^api:1 +\| api listens$/);
    await supervisor.line(/^shell:0 +\| tick /);
    await supervisor.line(/^shell:0 +\| tock$/);
    await supervisor.line(/^python:0 +\| hello world 0$/);
    await supervisor.line(/^cluster-up +\| +api +cluster +2 workers/);
    await supervisor.line(/^cluster-up +\| +binary +fork +1 worker /);
    expect(supervisor.lines.find(({ text }) => text.includes('tock'))?.stream).toBe('err');
    const commands = supervisor.processes().map(({ command }) => command);
    expect(commands.filter((command) => command.endsWith('api.js'))).toHaveLength(2);
    expect(commands).toContain('sleep 1000');
    expect((await get(port)).body).toMatch(/^api \d+$/);
    supervisor.signal('SIGINT');
    expect(await supervisor.exited()).toEqual({ code: 0, signal: null });
    // Its own handler ran.
    await supervisor.line(/python leaves/);
    await until('no process is left', () => supervisor.processes().length === 0);
  });

  test('the example of the README', async () => {
    const place = scene('hello');
    const port = await place.port(8080);
    const supervisor = up(place.file);
    await supervisor.converged();
    const workers = new Set<string>();
    await until('all four workers answer', async () => {
      const { body } = await get(port);
      expect(body).toMatch(/^hello from worker [0-3] \(\d+\)\n$/);
      workers.add(body);
      return workers.size === 4;
    });
  });
});

describe('the end', () => {
  test.each(['SIGINT', 'SIGTERM'] as const)(
    '%s lets a request in flight complete, and exits 0',
    async (signal) => {
      const { supervisor, reply } = await withRequestInFlight('/slow?ms=1500');
      supervisor.signal(signal);
      await supervisor.line(/draining 2 workers/);
      expect((await reply).status).toBe(200);
      expect(await supervisor.exited()).toEqual({ code: 0, signal: null });
      expect(supervisor.processes()).toEqual([]);
    },
  );

  test('the same Ctrl-C twice, as under npx, still lets a request in flight complete', async () => {
    const { supervisor, reply } = await withRequestInFlight('/slow?ms=1500');
    supervisor.signal('SIGINT');
    supervisor.signal('SIGTERM');
    await supervisor.line(/draining 2 workers/);
    expect((await reply).status).toBe(200);
    expect(await supervisor.exited()).toEqual({ code: 0, signal: null });
  });

  test('nobody is accepted any more while it drains', async () => {
    const place = scene('web');
    const port = await place.port(8080);
    const supervisor = up(place.file);
    await supervisor.converged();
    const slow = await begin(port, '/slow?ms=1500');
    supervisor.signal('SIGINT');
    await supervisor.line(/draining/);
    expect((await slow.end).status).toBe(200);
    await supervisor.exited();
    await expect(get(port)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('a second %s ends a request that hangs at once, with exit code %i', async (signal, code) => {
    const { supervisor, reply } = await withRequestInFlight('/hang');
    supervisor.signal(signal);
    await supervisor.line(/draining 2 workers/);
    // Sooner, it would pass for the same key. Once only: a third one might meet a process that is about to end.
    await sleep(SAME_KEY);
    const begun = performance.now();
    supervisor.signal(signal);
    expect(await supervisor.exited()).toEqual({ code, signal: null });
    expect(performance.now() - begun).toBeLessThan(2000);
    await expect(reply).rejects.toThrow();
  });

  test('--once, and nothing could start: exit code 1, with the reason and the last of stderr', async () => {
    const place = scene('web');
    await place.port(8080);
    place.edit((text) => text.replace('./server.js', './throws.js'));
    const supervisor = up(place.file, { flags: ['--once'] });
    expect(await supervisor.exited()).toEqual({ code: 1, signal: null });
    const [, reason = ''] = supervisor.text('err').split('because');
    expect(reason).toContain('exited with code 1 before it listened');
    expect(reason).toContain('the database password is missing');
    expect(supervisor.text('err')).toContain('ending, as --once asks');
  });

  test('one app that cannot start does not take the others along', async () => {
    const place = scene('web');
    const port = await place.port(8080);
    place.edit((text) => `${text}  - { name: broken, script: ./throws.js, instances: 1 }\n`);
    const supervisor = up(place.file);
    await supervisor.line(/broken: revision .* failed/);
    expect((await getJson<{ value: string }>(port)).value).toBe('one');
    supervisor.signal('SIGINT');
    expect((await supervisor.exited()).code).toBe(0);
  });
});

describe('output', () => {
  /** One of the apps of the fixture. */
  const only = (name: string) => ({ flags: ['--only', name] });

  test('a character whose bytes come in two pieces stays whole, and so does a line without an end', async () => {
    const supervisor = up(scene('output').file, only('pieces'));
    await supervisor.line(/^pieces:0 +\| price: 100 € net$/);
    await supervisor.line(/^pieces:0 +\| no line end$/);
  });

  test('what is written right before the exit is shown', async () => {
    const supervisor = up(scene('output').file, only('last-words'));
    await supervisor.line(/^last-words:0 +\| last words on stdout$/);
    await supervisor.line(/^last-words:0 +\| last words on stderr$/);
    await supervisor.line(/last-words:0 .*exited with code 3/);
  });

  test('an app that writes faster than we are read waits; nothing is lost and little is held', async () => {
    const place = scene('output');
    const port = await place.port(8080);
    const supervisor = up(place.file, only('flood'));
    await supervisor.line(/flood:0 ready/);
    const before = supervisor.pauseReading();
    let last = -1;
    await until('the app waits', async () => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      const written = Number((await get(port)).body);
      const waits = written === last;
      last = written;
      return waits;
    });
    expect(last).toBeLessThan(20_000_000);
    before.resume();
    await supervisor.line(/\| flood done$/, { within: 40_000 });
    expect(supervisor.count(/^flood:0 +\| x{199}$/)).toBe(100_000);
    expect(memoryPeak(supervisor.pid)).toBeLessThan(250_000_000);
  });
});
