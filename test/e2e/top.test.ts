/** `cluster-up top` in a pseudo-terminal, on a real supervisor; and what it measures. */
/* eslint-disable no-control-regex -- escape sequences are what this is about */
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { connect, type Client } from '../../src/control/client.ts';
import { socketPath } from '../../src/control/paths.ts';
import type { WorkerMetrics } from '../../src/model/control.ts';
import { begin, get } from './support/client.ts';
import { cli } from './support/runtimes.ts';
import { scene, type Scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { pidsBySlot } from './support/web.ts';
import { hasTerminal, Terminal } from './support/terminal.ts';

interface World {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
  readonly env: Record<string, string>;
}

/** The web app up, with a control folder of its own. */
async function world(change: (text: string) => string = (text) => text): Promise<World> {
  const place = scene('web');
  const port = await place.port(8080);
  place.write(change(place.read()));
  const env = { CLUSTER_UP_HOME: place.path('home') };
  const supervisor = up(place.file, { env });
  await supervisor.converged();
  return { place, port, supervisor, env };
}

async function looking(
  env: Record<string, string> = {},
  change?: (text: string) => string,
): Promise<World & { terminal: Terminal }> {
  const made = await world(change);
  const terminal = new Terminal(made.place, ['top'], { ...made.env, ...env });
  await terminal.shows(/> web/);
  return { ...made, terminal };
}

/** The alternate screen left once, after the cursor was shown, and nothing after it but what is meant to be. */
async function expectRestored(terminal: Terminal, code: number): Promise<string> {
  const { before, after, text, ...left } = await terminal.left();
  expect(left.code).toBe(code);
  expect(after).toBe(before);
  const { raw } = terminal;
  expect(raw.split('\x1b[?1049h\x1b[?25l')).toHaveLength(2);
  expect(raw.split('\x1b[?25h\x1b[?1049l')).toHaveLength(2);
  expect(raw.slice(raw.indexOf('\x1b[?1049l') + 8)).not.toContain('\x1b');
  return text;
}

describe.skipIf(!hasTerminal)('the screen', () => {
  test('shows the apps, their workers, their log and the supervisor', async () => {
    const { terminal, supervisor, port } = await looking();
    await terminal.shows(/^ecosystem\.yml {2}converged/);
    await terminal.shows(new RegExp(`supervisor pid ${supervisor.pid} `));
    await terminal.shows(/> web +online +2\/2 +2\/2 +0 +\d+% +[\d.]+ MB +\d+ms +0 +\d+s/);
    await terminal.shows(/^ {4}:0 +online/m);
    await terminal.shows(/^ {4}:1 +online/m);
    await terminal.shows(/^web:[01] \| serves one$/m);
    const asking = setInterval(() => void get(port), 20);
    await terminal.shows(/> web.* [1-9]\d +\d+s$/m).finally(() => clearInterval(asking));
    expect(terminal.screen.split('\n')).toHaveLength(24);
    terminal.press('q');
    expect(await expectRestored(terminal, 0)).toBe('');
  });

  test('a blocked worker, and an edit that is rejected', async () => {
    const { terminal, port, place } = await looking();
    const { end } = await begin(port, '/block?ms=2500');
    await terminal.shows(/> web.* >\d/);
    await end;
    await terminal.shows(/^web:[01] \| blocks$/m);
    place.edit((text) => text.replace('instances: 2', 'instances: [2]'));
    await terminal.shows(/^ecosystem\.yml was rejected: /m);
    terminal.press('q');
    await expectRestored(terminal, 0);
  });

  test('escape sequences in the output of an app are not obeyed', async () => {
    const { terminal, place } = await looking();
    const output = JSON.stringify('\x1b[2J\x1b[1;1H\x1b]0;owned\x07rude\x08\x1b[?1049l');
    place.write(`console.log(${output}); setInterval(() => {}, 1000);`, 'rude.js');
    place.edit(
      (text) => `${text.trimEnd()}\n  - { name: rude, script: ./rude.js, exec_mode: fork, ready: started }\n`,
    );
    await terminal.shows(/^rude:0 \| rude·$/m);
    expect(terminal.raw).not.toContain('owned');
    terminal.press('q');
    await expectRestored(terminal, 0);
  });

  test('NO_COLOR leaves no colour', async () => {
    const { terminal } = await looking({ NO_COLOR: '1' });
    expect(terminal.raw).not.toMatch(/\x1b\[[\d;]*m/);
    terminal.press('q');
    await expectRestored(terminal, 0);
  });

  test('it follows the size of the terminal', async () => {
    const { terminal } = await looking();
    expect(terminal.screen).not.toContain(' pid status');
    terminal.resize(120, 40);
    await terminal.shows(/ pid status/);
    await until('40 lines', () => terminal.screen.split('\n').length === 40);
    terminal.resize(40, 10);
    await until('10 lines', () => terminal.screen.split('\n').length === 10);
    expect(Math.max(...terminal.screen.split('\n').map((line) => line.length))).toBe(40);
    terminal.press('q');
    await expectRestored(terminal, 0);
  });
});

test.skipIf(!hasTerminal)('stopped and continued, it takes the terminal again', async () => {
  const { terminal } = await looking();
  const raw = terminal.stty('-g');
  process.kill(terminal.pid, 'SIGSTOP');
  // As a shell does that gets the terminal back.
  terminal.stty('sane');
  const { length } = terminal.raw;
  process.kill(terminal.pid, 'SIGCONT');
  await until('it is painted again', () => terminal.raw.slice(length).includes('q quit'));
  expect(terminal.stty('-g')).toBe(raw);
  terminal.press('q');
  await expectRestored(terminal, 0);
});

describe.skipIf(!hasTerminal)('the keys', () => {
  test('r and y reload; r and n do not', async () => {
    const { terminal, port, supervisor } = await looking();
    const before = await pidsBySlot(port, 2);
    const mark = supervisor.mark();
    terminal.press('r');
    await terminal.shows(/^reload web, one worker after the other\? y\/n$/m);
    terminal.press('n');
    await terminal.shows(/^q quit/m);
    terminal.press('jr');
    await terminal.shows(/^reload web/m);
    terminal.press('y');
    await supervisor.converged(mark);
    const after = await pidsBySlot(port, 2);
    expect(Object.values(after)).not.toContain(before[0]);
    expect(Object.values(after)).not.toContain(before[1]);
    expect(supervisor.count(/rolling from/, mark)).toBe(1);
    terminal.press('q');
    await expectRestored(terminal, 0);
  });

  test('s and y stop, and start again', async () => {
    const { terminal } = await looking();
    terminal.press('s');
    await terminal.shows(/^stop web\? y\/n$/m);
    terminal.press('y');
    await terminal.shows(/> web +stopped +0\/0/);
    terminal.press('s');
    await terminal.shows(/^start web\? y\/n$/m);
    terminal.press('y');
    await terminal.shows(/> web +online +2\/2/);
    terminal.press('q');
    await expectRestored(terminal, 0);
  });

  test('+ and y scale, in the file', async () => {
    const { terminal, place } = await looking();
    terminal.press('+');
    await terminal.shows(/^scale web from 2 to 3, in the file\? y\/n$/m);
    terminal.press('y');
    await terminal.shows(/> web +online +3\/3 +3\/3/);
    expect(place.read()).toContain('instances: 3');
    await terminal.shows(/^web: 2 → 3/m);
    // It has a terminal view of its own, which must not get onto this one.
    expect(terminal.raw).not.toContain('applied to the running supervisor');
    terminal.press('q');
    await expectRestored(terminal, 0);
  });

  test('l shows the log of the selected app', async () => {
    const { terminal } = await looking();
    terminal.press('l');
    await terminal.shows(/^── log of web ─/m);
    terminal.press('l');
    await terminal.shows(/^── log ─/m);
    terminal.press('q');
    await expectRestored(terminal, 0);
  });
});

describe.skipIf(!hasTerminal)('the end leaves the terminal as it was', () => {
  test('Ctrl-C', async () => {
    const { terminal } = await looking();
    terminal.press('\x03');
    expect(await expectRestored(terminal, 0)).toBe('');
  });

  test.each([
    ['SIGTERM', 143],
    ['SIGHUP', 129],
    ['SIGINT', 130],
  ] as const)('%s, of which it dies', async (signal, code) => {
    const { terminal } = await looking();
    process.kill(terminal.pid, signal);
    await expectRestored(terminal, code);
  });

  test.each(['SIGTERM', 'SIGKILL'] as const)('the supervisor ends by %s, which it says', async (signal) => {
    const { terminal, supervisor } = await looking({}, (text) => `orphan_timeout: 0\n${text}`);
    supervisor.signal(signal);
    expect(await expectRestored(terminal, 1)).toBe('cluster-up: the supervisor has ended');
    await supervisor.exited();
  });

  test('an error of our own, which is printed where it can be read', async () => {
    const place = scene();
    const program = `
      import { Screen } from ${JSON.stringify(path.join(path.dirname(cli), 'top/screen.js'))};
      const screen = new Screen(process.stdin, process.stdout, { key() {}, repaint() {}, gone() {} });
      screen.paint(['hello']);
      setTimeout(() => { throw new Error('our own fault'); }, 200);`;
    place.write(program, 'crash.mjs');
    const terminal = new Terminal(place, ['crash.mjs'], { NO_COLOR: '1' }, true);
    await terminal.shows(/^hello/);
    expect(await expectRestored(terminal, 1)).toContain('Error: our own fault');
  });
});

test('without a terminal: one line, and exit code 1', async () => {
  const { code, out, err } = await run(['top', '-f', scene('web').file]);
  expect(code).toBe(1);
  expect(out).toBe('');
  expect(err).toBe('cluster-up: top needs a terminal; for pipes and scripts there is cluster-up ls --json');
});

describe('metrics', () => {
  const FORK =
    '\n  - { name: forked, script: ./server.js, exec_mode: fork, env: { PORT: 0 }, ready: started }\n';

  async function asking(change?: (text: string) => string): Promise<World & { client: Client }> {
    const made = await world(change);
    vi.stubEnv('CLUSTER_UP_HOME', made.env['CLUSTER_UP_HOME']);
    const client = await connect(socketPath(made.place.path('home'), made.place.file));
    if (client === null) throw new Error('no supervisor');
    return { ...made, client };
  }

  const sum = (all: readonly (WorkerMetrics | null)[]): number =>
    all.reduce((total, each) => total + (each?.load?.requests ?? 0), 0);

  test('begin with the first look, count every request, and end when nobody looks any more', async () => {
    const { client, port } = await asking((text) => `${text.trimEnd()}${FORK}`);
    for (let i = 0; i < 5; i++) await get(port);
    const first = await client.call('metrics', {});
    // In the file's order of apps or not: the one in fork mode is not measured.
    expect(Object.values(first).filter((each) => each === null)).toHaveLength(1);
    const cluster = Object.values(first).filter((each) => each !== null);
    expect(cluster).toHaveLength(2);
    for (const { load, silentMs } of cluster) {
      expect(load).toEqual({ elapsedMs: 0, requests: 0, delayP99Ms: 0, utilization: 0 });
      expect(silentMs).toBeNull();
    }
    for (let i = 0; i < 50; i++) await get(port);
    await sleep(300);
    const second = Object.values(await client.call('metrics', {}));
    expect(sum(second)).toBe(50);
    for (const each of second) {
      if (each === null) continue;
      expect(each.load?.elapsedMs).toBeGreaterThan(300);
      expect(each.load?.utilization).toBeGreaterThan(0);
    }
    // Not asked for 5 s the meters stop, so the next look is a first one again.
    await sleep(5500);
    const third = Object.values(await client.call('metrics', {}));
    expect(third.map((each) => each?.load?.elapsedMs ?? null).sort()).toEqual([0, 0, null]);
    client.close();
  });

  test('say how long a blocked worker has been silent, and afterwards how long it was blocked', async () => {
    const { client, port } = await asking((text) => text.replace('instances: 2', 'instances: 1'));
    await client.call('metrics', {});
    const { end } = await begin(port, '/block?ms=1500');
    await sleep(250);
    const [blocked] = Object.values(await client.call('metrics', {}));
    expect(blocked?.load).toBeNull();
    expect(blocked?.silentMs).toBeGreaterThanOrEqual(290);
    expect(blocked?.silentMs).toBeLessThan(1000);
    await end;
    await sleep(200);
    const [after] = Object.values(await client.call('metrics', {}));
    expect(after?.silentMs).toBeNull();
    expect(after?.load?.requests).toBe(1);
    expect(after?.load?.delayP99Ms).toBeGreaterThan(1000);
    client.close();
  });

  test('of many who ask at a time do not disturb each other', async () => {
    const { client, port } = await asking();
    await client.call('metrics', {});
    for (let i = 0; i < 20; i++) await get(port);
    await sleep(300);
    const all = await Promise.all(Array.from({ length: 20 }, () => client.call('metrics', {})));
    expect(new Set(all.map((each) => sum(Object.values(each))))).toEqual(new Set([20]));
    await expect(client.call('metrics', { app: 'web' } as never)).rejects.toThrow(
      'there is no argument "app"',
    );
    client.close();
  });
});
