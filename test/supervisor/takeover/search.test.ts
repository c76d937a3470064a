/** Finding those that a dead supervisor has left: which are called, how long they are waited for, and who is ended. */
import { expect, test } from 'vitest';
import { Search } from '../../../src/supervisor/takeover/search.ts';
import { left, machine, virtualTimers } from './orphans.ts';

function searching(listed: readonly number[], { arriving = false } = {}) {
  const on = machine();
  const { timers, pass } = virtualTimers();
  const said: string[] = [];
  const state = { arriving };
  for (const pid of listed) on.alive.add(pid);
  const search = new Search(listed.map(left), {
    system: on.system,
    timers,
    take: () => Promise.resolve(),
    taken: ({ pid }) => void on.done.push(`taken ${pid}`),
    released: (pid) => void on.done.push(`released ${pid}`),
    gone: ({ pid }) => void on.done.push(`gone ${pid}`),
    isArriving: () => state.arriving,
    say: (text) => void said.push(text),
  });
  /** What becomes of a promise by the time that is up. */
  const settled = <T>(promise: Promise<T>): { value: T | 'pending' } => {
    const result: { value: T | 'pending' } = { value: 'pending' };
    void promise.then((value) => (result.value = value));
    return result;
  };
  return { ...on, search, pass, said, settled, state };
}

test('with nobody left, nobody is waited for', async () => {
  const { search, pass, settled } = searching([]);
  const found = settled(search.find());
  await pass(0);
  expect(found.value).toBe(true);
});

test('one of the list is waited for until it comes, and taken over', async () => {
  const { search, pass, settled, waiting, calls, orphan, done } = searching([7]);
  const found = settled(search.find());
  await pass(1000);
  expect([found.value, search.living]).toEqual(['pending', [{ pid: 7, app: null, slot: null }]]);
  waiting.add(7);
  await pass(20);
  calls.get(7)?.met(orphan(7));
  await pass(20);
  expect(found.value).toBe(true);
  expect(done).toEqual(['taken 7']);
  expect(search.living).toEqual([{ pid: 7, app: 'web', slot: 0 }]);
});

test('it is called once, however long it does not answer', async () => {
  const { search, pass, waiting, calls } = searching([7]);
  waiting.add(7);
  void search.find();
  await pass(20);
  const first = calls.get(7);
  await pass(2000);
  expect(calls.get(7)).toBe(first);
});

test('one that ended while it was taken over is nobody’s', async () => {
  const { search, pass, waiting, calls, orphan, done, dies } = searching([7]);
  waiting.add(7);
  void search.find();
  await pass(0);
  const one = orphan(7);
  calls.get(7)?.met(one);
  dies(7, one);
  await pass(0);
  expect(done).toEqual(['released 7', 'tidy 7']);
  expect(search.orphans.size).toBe(0);
});

test('what is left of one that was killed is called once, and not waited for', async () => {
  const { search, pass, waiting, calls, settled, done } = searching([]);
  waiting.add(9);
  const found = settled(search.find());
  await pass(0);
  calls.get(9)?.gone(null);
  calls.delete(9);
  await pass(20);
  expect(found.value).toBe(true);
  expect(done).toEqual(['released 9', 'tidy 9']);
  expect(calls.size).toBe(0);
});

test('after 5 s it goes on without, and says so', async () => {
  const { search, pass, settled, said } = searching([7, 8]);
  const found = settled(search.find());
  await pass(4999);
  expect(found.value).toBe('pending');
  await pass(50);
  expect(found.value).toBe(false);
  expect(said).toEqual(['2 workers of a supervisor that had died did not answer within 5 s']);
});

test('who hangs is ended, but not while an app is on its way', async () => {
  const { search, pass, said, done, state } = searching([7], { arriving: true });
  void search.meetTheRest();
  await pass(20_000);
  expect(done).toEqual([]);
  state.arriving = false;
  await pass(4500);
  expect(done).toEqual([]);
  await pass(1500);
  expect(done).toEqual(['end 7']);
  expect(said).toEqual(['ending process 7: it does not answer']);
});

test('given up, nobody is looked for, and whoever was called is let be', async () => {
  const { search, pass, settled, waiting, done } = searching([7]);
  waiting.add(7);
  const found = settled(search.find());
  await pass(0);
  search.giveUp();
  await pass(0);
  expect(found.value).toBe(true);
  expect(done).toContain('give up 7');
  expect(done).not.toContain('end 7');
});

test('its end is that of the last one', async () => {
  const { search, pass, settled, waiting, calls, orphan, done, dies } = searching([7, 8]);
  waiting.add(7);
  void search.find();
  await pass(0);
  const one = orphan(7);
  calls.get(7)?.met(one);
  await pass(0);
  const ended = settled(search.end().then(() => 'ended'));
  await pass(0);
  expect(done.filter((what) => what.startsWith('end'))).toEqual(['end 8']);
  expect(ended.value).toBe('pending');
  dies(7, one);
  await pass(0);
  expect(ended.value).toBe('ended');
  expect(done).toContain('gone 7');
});

test('what answers a call and is nobody of the list is killed at the end', async () => {
  const { search, pass, settled, waiting, done } = searching([]);
  waiting.add(9);
  void search.find();
  await pass(0);
  const ended = settled(search.end().then(() => 'ended'));
  await pass(0);
  expect([ended.value, done.includes('kill 9')]).toEqual(['ended', true]);
});
