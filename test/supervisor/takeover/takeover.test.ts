/** What becomes of those that were found: when each is asked to go, and which sockets are kept. */
import { expect, test } from 'vitest';
import type { Notice } from '../../../src/model/notice.ts';
import type { ObservedApp } from '../../../src/model/observed.ts';
import type { Disposition } from '../../../src/supervisor/takeover/disposition.ts';
import type { MetOrphan } from '../../../src/supervisor/takeover/search.ts';
import { Takeover } from '../../../src/supervisor/takeover/takeover.ts';
import { left, machine, virtualTimers } from './orphans.ts';

const step = (kind: 'ready' | 'complete', app = 'web'): Notice =>
  ({ type: 'step', step: { kind, app } }) as unknown as Notice;

interface Situation {
  disposition?: Disposition;
  arriving?: boolean;
  isNeeded?: boolean;
  offers?: boolean;
}

function takingOver(
  count: number,
  { disposition = 'replace', arriving = false, isNeeded = true, offers = true }: Situation = {},
) {
  const on = machine();
  const { timers, pass } = virtualTimers();
  const said: string[] = [];
  const state = { disposition, arriving, isKnown: true };
  const takeover = new Takeover({
    system: on.system,
    timers,
    left: () => pids.map(left),
    dispositionOf: () => state.disposition,
    adopt: (app, _offer, _handle, pid) => {
      on.done.push(`adopt for ${app} from ${pid}`);
      return isNeeded;
    },
    released: () => {},
    isKnown: () => state.isKnown,
    isArriving: () => state.arriving,
    release: (app) => void on.done.push(`release ${app}`),
    drained: ({ pid }) => void on.done.push(`drained ${pid}`),
    say: ({ text }) => void said.push(text),
    failed: (what) => void said.push(`failed: ${what}`),
  });
  const pids = Array.from({ length: count }, (_, i) => i + 1);
  const orphans = pids.map((pid) => on.orphan(pid, { slot: pid - 1, ...(offers ? {} : { offers: [] }) }));
  for (const pid of pids) {
    on.alive.add(pid);
    on.waiting.add(pid);
  }
  const meetAll = async (): Promise<void> => {
    await pass(0);
    for (const [i, pid] of pids.entries()) on.calls.get(pid)?.met(orphans[i] as MetOrphan);
    await pass(20);
  };
  const take = async (): Promise<string[]> => {
    void takeover.find();
    await meetAll();
    return on.done.splice(0);
  };
  return { ...on, takeover, take, said, state, pass, orphans, meetAll };
}

test('sockets are taken over, and nobody is asked to go', async () => {
  const { take, said } = takingOver(2);
  expect(await take()).toEqual([
    ...['take 0 of 1', 'take 0 of 2', 'adopt for web from 1', 'adopt for web from 2'],
  ]);
  expect(said).toEqual(['took over 2 workers of a supervisor that had died: they serve until new ones do']);
});

test('an app that leaves the file before it was ever there takes its workers with it', async () => {
  const { take, takeover, state, done } = takingOver(1);
  state.isKnown = false;
  await take();
  state.disposition = 'retire';
  takeover.noticed({ type: 'converged' }, []);
  expect(done).toEqual(['leave 1']);
});

test('and what it listened on is closed, also where that worker has ended already', async () => {
  const { take, takeover, state, done, calls, orphans } = takingOver(1);
  state.isKnown = false;
  await take();
  calls.get(1)?.gone(orphans[0] as MetOrphan);
  state.disposition = 'retire';
  takeover.noticed({ type: 'converged' }, []);
  expect(done).toContain('release web');
});

test('a socket that nobody needs is closed', async () => {
  const { take } = takingOver(1, { isNeeded: false });
  expect(await take()).toContain('close what 1 gave');
});

test('each new worker that is ready takes the place of one, a complete rollout of all', async () => {
  const { take, takeover, done } = takingOver(3);
  await take();
  takeover.noticed(step('ready'), ['web']);
  expect(done).toEqual(['leave 1']);
  takeover.noticed(step('ready', 'another'), ['web']);
  expect(done).toEqual(['leave 1']);
  takeover.noticed(step('complete'), ['web']);
  expect(done).toEqual(['leave 1', 'leave 2', 'leave 3']);
});

test('one that comes when all new workers serve goes at once', async () => {
  const { take, takeover, done } = takingOver(1);
  takeover.noticed({ type: 'converged' }, ['web']);
  expect(await take()).toContain('leave 1');
  expect(done).toEqual([]);
});

test('an app that will bind for itself has its orphans go, and takes nothing from them', async () => {
  const { take, said } = takingOver(1, { disposition: 'give-way' });
  expect(await take()).toEqual(['leave 1']);
  expect(said).toContain('web:0 draining (pid 1): its app runs in fork mode now');
});

test('those of an app that has left stay until what takes their place is there; its sockets until the last is gone', async () => {
  const { take, takeover, done, state, orphans, dies } = takingOver(1, {
    disposition: 'stay',
    arriving: true,
  });
  expect(await take()).not.toContain('leave 1');
  state.disposition = 'retire';
  state.arriving = false;
  takeover.noticed(step('ready', 'heir'), ['heir']);
  expect(done).toEqual(['leave 1']);
  dies(1, orphans[0] ?? null);
  expect(done).toContain('release web');
});

test('one that drains already is left to it', async () => {
  const { take, said } = takingOver(1, { offers: false });
  expect(await take()).toEqual(['leave 1']);
  expect(said).not.toContainEqual(expect.stringContaining('draining'));
});

test('they make way for a worker that waits for their address, and only those of its app', async () => {
  const { take, takeover, done, said } = takingOver(1);
  await take();
  const waiting = (name: string): ObservedApp[] => [
    { name, workers: [{ blocked: 'port 80' }] } as unknown as ObservedApp,
  ];
  takeover.makeWay(waiting('another'));
  expect(done).toEqual([]);
  takeover.makeWay(waiting('web'));
  takeover.makeWay(waiting('web'));
  expect(done).toEqual(['leave 1']);
  expect(said.at(-1)).toBe('web:0 draining (pid 1): a new worker waits for port 80');
});

test('let go, they serve on', async () => {
  const { take, takeover, done, said } = takingOver(2);
  await take();
  takeover.letGo();
  expect(done).toEqual(['let go 1', 'let go 2']);
  expect(said.at(-1)).toBe('2 workers of a supervisor that had died serve on');
});

test('at the end all go, and it is over with the last one', async () => {
  const { take, takeover, done, orphans, dies, pass } = takingOver(2);
  await take();
  let isOver = false;
  void takeover.end().then(() => (isOver = true));
  expect(done).toEqual(['leave 1', 'leave 2']);
  dies(1, orphans[0] ?? null);
  await pass(0);
  expect(isOver).toBe(false);
  dies(2, orphans[1] ?? null);
  await pass(0);
  expect(isOver).toBe(true);
});

test('one that ends by itself is told of, one that drained with what its drain did', async () => {
  const { take, orphans, dies, done, said } = takingOver(2);
  await take();
  dies(1, orphans[0] ?? null);
  expect(said.at(-1)).toBe('web:0 (pid 1) ended');
  const second = orphans[1];
  if (second !== undefined) second.ledger = {} as MetOrphan['ledger'];
  dies(2, second ?? null);
  expect(done).toContain('drained 2');
});
