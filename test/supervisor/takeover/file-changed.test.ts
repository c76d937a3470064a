/** What becomes of the workers of a dead supervisor where the file asks for something else meanwhile. */
import { expect, test } from 'vitest';
import { systemTimers } from '../../../src/model/clock.ts';
import { dispositionOf, ownerOf } from '../../../src/supervisor/takeover/disposition.ts';
import type { MetOrphan } from '../../../src/supervisor/takeover/search.ts';
import { Takeover } from '../../../src/supervisor/takeover/takeover.ts';
import { spec, type AppOptions } from '../../plan/build.ts';

const at = (name: string, port: number, options: AppOptions = {}): ReturnType<typeof spec> =>
  spec({ ...options, name, process: { ...options.process, env: { PORT: String(port) } } });

test('an orphan goes once its app is in fork mode, also by an edit that comes after it was taken over', async () => {
  let file = [at('web', 8080)];
  const left: string[] = [];
  const orphan = orphanOf('web', () => left.push('web'));
  const takeover = new Takeover({
    system: {
      waiting: () => (left.length === 0 ? [orphan.pid] : []),
      meet: (_pid, { met }) => {
        met(orphan);
        return () => {};
      },
      tidy: () => {},
      isAlive: () => false,
      endLeftover: () => Promise.resolve(),
      kill: () => {},
    },
    timers: systemTimers,
    left: () => [],
    dispositionOf: (app, ports) => dispositionOf(app, ports, file, []),
    adopt: () => true,
    released: () => {},
    isKnown: () => true,
    isArriving: () => true,
    release: () => {},
    drained: () => {},
    say: () => {},
    failed: (_what, error) => {
      throw error;
    },
  });
  await takeover.find();
  takeover.noticed({ type: 'converged' }, []);
  expect(left).toEqual([]);
  file = [at('web', 8080, { process: { mode: 'fork' } })];
  takeover.noticed({ type: 'converged' }, []);
  expect(left).toEqual(['web']);
});

test('an address is that of the app that the file has on it now', () => {
  const file = [at('shop', 8080), at('api', 9000)];
  expect(ownerOf('api', 8080, file)).toBe('shop');
  expect(ownerOf('api', 9000, file)).toBe('api');
  // It may listen on more than the file says.
  expect(ownerOf('api', 7777, file)).toBe('api');
});

test('it stays with an app that has left, and where two apps or none that runs workers want it', () => {
  expect(ownerOf('gone', 8080, [at('shop', 8080)])).toBe('gone');
  expect(ownerOf('api', 8080, [at('api', 9000), at('a', 8080), at('b', 8080)])).toBe('api');
  expect(ownerOf('api', 8080, [at('api', 9000), at('shop', 8080, { instances: 0 })])).toBe('api');
  const program = at('shop', 8080, { process: { mode: 'fork' } });
  expect(ownerOf('api', 8080, [at('api', 9000), program])).toBe('api');
});

function orphanOf(app: string, left: () => void): MetOrphan {
  let isLeaving = false;
  const query = { address: null, port: 8080, addressType: 4, flags: 0, index: 0 };
  return {
    ...{ pid: 7, app, slot: 0, ledger: null, offers: [{ kind: 'socket', query, slot: 0 }] },
    get isLeaving() {
      return isLeaving;
    },
    take: () => Promise.resolve({ close: () => {} }),
    leave: () => {
      isLeaving = true;
      left();
    },
    kill: () => {},
    letGo: () => {},
  };
}
