/** `ls` and /proc say the same: it names no process that has gone, and misses none that lives. */
import { randomUUID } from 'node:crypto';
import { rmSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { socketOf } from '../../src/control/find.ts';
import type { State } from '../../src/model/state.ts';
import { processOf } from '../../src/workers/proc.ts';
import { begin } from './support/client.ts';
import { background, type Background } from './support/command.ts';
import { kill, marked } from './support/processes.ts';
import { gone } from './support/supervisor.ts';
import { until } from './support/until.ts';

interface Compared {
  readonly named: readonly number[];
  /** They lived before `ls` and after it. */
  readonly missed: readonly number[];
  /** They lived neither before `ls` nor after it. */
  readonly ghosts: readonly number[];
}

/** Two workers in cluster mode, and a program with a child. */
async function both() {
  const mark = randomUUID();
  const place = await background((text) => {
    const program = "exec_mode: fork, script: sh, args: [-c, 'sleep 1000 & wait'], kill_timeout: 1s";
    const web = text.replace('VALUE: one', `VALUE: one, CLUSTER_UP_E2E_MARK: ${mark}`);
    return `${web}  - { name: program, ${program}, env: { CLUSTER_UP_E2E_MARK: ${mark} } }\n`;
  });
  expect(place.started).toMatchObject({ code: 0 });
  /** Those that were started by no other of them. */
  const living = (): number[] => {
    const pids = marked(mark).map(({ pid }) => pid);
    return pids.filter((pid) => !pids.includes(processOf(pid)?.parent ?? 0));
  };
  return { ...place, living, all: () => marked(mark).map(({ pid }) => pid) };
}

/** Null where nobody answers. */
async function compare({
  command,
  living,
}: Background & { living: () => number[] }): Promise<Compared | null> {
  const before = living();
  const { code, out } = await command('ls', '--json');
  const after = living();
  if (code !== 0) return null;
  const { apps, leftovers = [] } = JSON.parse(out) as State;
  const workers = apps.flatMap((app) => app.workers.flatMap(({ pid }) => pid ?? []));
  const named = [...workers, ...leftovers.map(({ pid }) => pid)];
  return {
    named,
    missed: before.filter((pid) => after.includes(pid) && !named.includes(pid)),
    ghosts: named.filter((pid) => !before.includes(pid) && !after.includes(pid)),
  };
}

/** Settles on so many, each of which lives; on the way none that lives is missed. */
async function agree(place: Background & { living: () => number[] }, count: number): Promise<void> {
  await until(`ls and /proc agree on ${count}`, async () => {
    const compared = await compare(place);
    expect(compared?.missed ?? []).toEqual([]);
    return (
      compared?.ghosts.length === 0 && compared.named.length === count && place.living().length === count
    );
  });
}

describe.skipIf(process.platform !== 'linux')('ls and /proc', () => {
  test('after workers, programs and the supervisor were killed, and while all is taken over', async () => {
    const place = await both();
    await agree(place, 3);
    for (const pid of place.living()) {
      kill(pid, 'SIGKILL');
      await agree(place, 3);
    }

    const { supervisor, apps } = await place.state();
    const { pid } = supervisor;
    const workers = (apps[0]?.workers ?? []).map((worker) => worker.pid ?? 0);
    kill(pid, 'SIGKILL');
    await gone([pid]);
    const orphaned = place.living();
    const looked = await place.command('ls');
    expect(looked).toMatchObject({ code: 1, out: '' });
    expect(looked.err).toContain(`but ${orphaned.length} processes of one that died live on`);

    // What cannot be started leaves those who serve in their place.
    place.place.edit((text) => text.replace('./server.js', './throws.js'));
    const up = { isOver: false };
    const again = place.command('up', '-d').finally(() => (up.isOver = true));
    while (!up.isOver) expect((await compare(place))?.missed ?? []).toEqual([]);
    expect((await again).code).toBe(1);
    const { leftovers = [] } = await place.state();
    expect(leftovers.map((one) => one.pid).sort()).toEqual(workers.sort());
    expect((await place.command('ls')).out).toContain(`web:0 (pid ${workers[0] ?? 0})`);
    place.place.edit((text) => text.replace('./throws.js', './server.js'));
    await agree(place, 3);
    expect(place.living().filter((each) => orphaned.includes(each))).toEqual([]);
  });

  test('while `down` drains, and after it', async () => {
    const place = await both();
    const slow = await begin(place.port, '/slow?ms=6000');
    const end = { isOver: false };
    const down = place.command('down').finally(() => (end.isOver = true));
    let looks = 0;
    while (!end.isOver) {
      const compared = await compare(place);
      expect(compared?.missed ?? []).toEqual([]);
      if (compared !== null) looks += 1;
    }
    expect(looks).toBeGreaterThan(0);
    expect((await slow.end).status).toBe(200);
    expect(await down).toMatchObject({ code: 0 });
    expect(place.all()).toEqual([]);
    expect((await place.command('ls')).err).toContain('nothing runs');
  });

  test('of a supervisor whose control socket was taken away', async () => {
    const place = await both();
    rmSync(socketOf(place.place.file));
    await agree(place, 3);
  });
});
