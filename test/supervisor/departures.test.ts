import { expect, test } from 'vitest';
import type { Observed } from '../../src/model/observed.ts';
import { Departures } from '../../src/supervisor/departures.ts';

const exit = { code: 0, signal: null, stderr: [], spawnError: null };
const observed = {
  apps: [
    {
      name: 'api',
      workers: [1, 2, 3].map((id) => ({ id, status: ['online', 'draining', 'stopping'][id - 1] })),
    },
  ],
} as unknown as Observed;

const ended = (id: number, app = 'api'): Parameters<Departures['note']>[0] => ({
  ...{ type: 'exited', at: 0, app, id, exit },
});

test('an app counts whose worker was told to go, once', () => {
  const departures = new Departures();
  departures.note(ended(2), observed);
  departures.note(ended(3), observed);
  expect(departures.take()).toEqual(['api']);
  expect(departures.take()).toEqual([]);
});

test('a crash does not, nor a worker that nobody knows', () => {
  const departures = new Departures();
  departures.note(ended(1), observed);
  departures.note(ended(9), observed);
  departures.note(ended(1, 'other'), observed);
  expect(departures.take()).toEqual([]);
});
