/** Marks in the environment of processes, as others may have them too. */
import { describe, expect, test } from 'vitest';
import { parseMark } from '../../src/workers/mark.ts';

const MARK = {
  file: '/srv/grüße/ecosystem.yml',
  mode: 'fork',
  rendezvous: '/run/cluster-up/0123',
  killSignal: 'SIGTERM',
  killTimeout: 1600,
  uid: 0,
  pid: 17,
  born: 4711,
  at: 4712,
};
/** As it is read from /proc: bytes. */
const environ = (mark: unknown): string =>
  Buffer.from(`A=1\0CLUSTER_UP_MARK=${JSON.stringify(mark)}\0Z=CLUSTER_UP_MARK={}\0`).toString('latin1');

describe('a mark', () => {
  test('is read among other variables, whatever language its path is in', () => {
    expect(parseMark(environ(MARK))).toEqual(MARK);
  });

  test.each([
    ['none', 'A=1\0'],
    ['nothing at all', ''],
    ['no JSON', 'CLUSTER_UP_MARK={"file":\0'],
    ['no record', environ(null)],
    ['a list', environ([MARK])],
    ['no such mode', environ({ ...MARK, mode: 'both' })],
    ['no such signal', environ({ ...MARK, killSignal: 'toString' })],
    ['no number', environ({ ...MARK, pid: '17' })],
    ['no time', environ({ ...MARK, at: undefined })],
  ])('%s is none', (_what, text) => {
    expect(parseMark(text)).toBeNull();
  });
});
