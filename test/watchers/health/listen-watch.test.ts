/** Workers that are waited for to listen: on a virtual clock, with a kernel that says what the test says. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ListenWatch, type PortOfTree } from '../../../src/watchers/health/listen-watch.ts';
import { spec, type AppOptions } from '../../plan/build.ts';
import { World } from '../../plan/world.ts';

beforeEach(() => vi.useFakeTimers({ now: 0 }));
afterEach(() => vi.useRealTimers());

const OPEN = { port: 8080, pid: 7, name: 'pid 7 (node child.js)' };

async function watched(options: AppOptions, portOfTree: PortOfTree, ms: number): Promise<[World, string[]]> {
  const world = new World();
  const said: string[] = [];
  world.edit(spec({ instances: 1, namesPort: true, listenTimeout: 10_000, ...options }));
  const watch = new ListenWatch({
    clock: () => Date.now(),
    apps: () => world.observed.apps,
    portOfTree,
    note: (event) => world.note(event),
    say: (text) => said.push(text),
  });
  watch.look();
  await vi.advanceTimersByTimeAsync(ms);
  watch.close();
  return [world, said];
}

test('a port that a child has opened makes the worker ready, with a note that it is not held', async () => {
  const [world, said] = await watched({}, () => OPEN, 1500);
  expect(world.app().workers[0]?.listeningAt).toBe(1000);
  expect(said).toHaveLength(1);
  expect(said[0]).toMatch(/:0 listens on port 8080 in pid 7 \(node child\.js\): cluster-up does not hold/);
});

test('where nobody listens, it is said at half of the time what to do if that is meant', async () => {
  const [world, said] = await watched({}, () => null, 9000);
  expect(world.app().workers[0]?.listeningAt).toBeNull();
  expect(said).toEqual([
    expect.stringMatching(
      /:0 has not listened for 5 s, and is ended after 10 s: if it is not meant to listen, set ready: started/,
    ),
  ]);
});

test('the port of the inspector is not the app’s', async () => {
  const asked = vi.fn<PortOfTree>(() => null);
  await watched({ process: { interpreterArgs: ['--inspect=9300'], env: { PORT: '8080' } } }, asked, 1500);
  const isMeant = asked.mock.calls[0]?.[1];
  expect([9300, 8080].map((port) => isMeant?.(port))).toEqual([false, true]);
});

test.each([{ ready: 'started' } as const, { namesPort: false }])(
  'nothing is asked with %j',
  async (options) => {
    const asked = vi.fn<PortOfTree>(() => OPEN);
    await watched(options, asked, 5000);
    expect(asked).not.toHaveBeenCalled();
  },
);
