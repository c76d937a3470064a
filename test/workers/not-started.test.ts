import { afterEach, expect, test, vi } from 'vitest';
import { whyNotStarted } from '../../src/workers/exit.ts';
import { spec } from '../plan/build.ts';

const gone = '/opt/node-20/bin/node';
const noEntry = Object.assign(new Error(`spawn ${gone} ENOENT`), { code: 'ENOENT' });

const why = (process: object, error: Error = noEntry): string => {
  const made = spec();
  return whyNotStarted(error, {
    id: 0,
    slot: 0,
    spec: { ...made, process: { ...made.process, cwd: '/', ...process } },
  });
};

afterEach(() => vi.restoreAllMocks());

test('a Node that was removed under the supervisor is named by its path, with what to do', () => {
  vi.spyOn(process, 'execPath', 'get').mockReturnValue(gone);
  expect(why({ interpreter: 'node' })).toBe(
    `the Node that runs cluster-up is gone: ${gone}; put it back, or end cluster-up (cluster-up down) and start it with another Node`,
  );
  expect(why({ interpreter: 'python3' })).toBe('the program "python3" was not found');
});

test('another Node is a program like any other', () => {
  expect(why({ interpreter: '/opt/other/node' })).toBe('the program "/opt/other/node" was not found');
});

test.each([
  ['ENOTDIR', 'something on the way to "/srv/x" or to / is no folder'],
  ['ETXTBSY', '"/srv/x" is being written to by somebody'],
  [
    'E2BIG',
    'its arguments and variables together are longer than the system takes: leave some out, or put them into a file',
  ],
])('%s says what to do', (code, text) => {
  const error = Object.assign(new Error(`spawn ${code}`), { code });
  expect(why({ interpreter: null, script: '/srv/x' }, error)).toBe(text);
});
