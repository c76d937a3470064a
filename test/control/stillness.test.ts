/** A supervisor that stands still is told of by what the kernel says of it; one that is slow is waited for. */
import { describe, expect, it, test } from 'vitest';
import { lookAt, Looks, stillness, type Look } from '../../src/control/stillness.ts';

const looks = (states: string, ran = (i: number): number => i * 0): Look[] =>
  Array.from(states, (state, i) => ({ state, ran: String(ran(i)) }));

describe('the last looks at a process', () => {
  it.each([
    ['TTT', null],
    ['TTTT', 'stopped'],
    ['SSTTTT', 'stopped'],
    ['TTTTS', null],
    ['tttt', 'traced'],
    ['SSSSSSSS', null],
    ['SSSSSSSSS', 'stuck'],
    ['SSSSDDDDDD', 'stuck'],
    // It wants to run, and the machine has not let it: that is no fault of its own.
    ['RRRRRRRRRRRRRRRRRRRR', null],
    ['SSSSSSSSRSSSS', null],
    ['ZZZZZZZZZZ', null],
    ['', null],
  ])('%s: %s', (states, how) => {
    expect(stillness(looks(states))).toBe(how);
  });

  it.each(['TTTTTTTTTTTT', 'ssssssssssss', 'tStStStStStStStS', 'SSSSSSSSSSSS'])(
    '%s of one that has run meanwhile say nothing',
    (states) => {
      expect(stillness(looks(states, (i) => Math.floor(i / 3)))).toBeNull();
    },
  );

  it('are none where nothing is known of it', () => {
    expect(stillness([...looks('SSSSSSSSSS'), null])).toBeNull();
    expect(stillness([null, ...looks('SSSSSSSS')])).toBeNull();
    const all = new Looks(() => null);
    for (let i = 0; i < 40; i += 1) expect(all.again(1, i * 1000)).toBeNull();
  });

  it('are as far apart as the kernel needs to let it run, and are forgotten once it answers', () => {
    const all = new Looks(() => ({ state: 'T', ran: '1' }));
    expect([0, 100, 200, 300, 1200].map((at) => all.again(7, at))).toEqual(Array(5).fill(null));
    expect([1300, 2000, 2001, 2400].map((at) => all.again(7, at))).toEqual([null, null, null, 'stopped']);
    all.forget();
    expect(all.again(7, 9999)).toBeNull();
  });
});

test.runIf(process.platform === 'linux')('is seen to run while it does', () => {
  const before = lookAt(process.pid);
  for (const since = performance.now(); performance.now() - since < 50;);
  expect(before).not.toBeNull();
  expect(lookAt(process.pid)).not.toEqual(before);
  expect(lookAt(2 ** 30)).toBeNull();
});
