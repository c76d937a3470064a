/** What workers count, added up by slot: whoever reads it never sees a total go backwards. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Reading } from '../../../src/model/protocol.ts';
import { systemTimers } from '../../../src/model/clock.ts';
import { Meters } from '../../../src/supervisor/meters.ts';
import { Totals } from '../../../src/supervisor/metrics/totals.ts';

const PLACE = { app: 'web', slot: 0 };

/** A worker that has answered this many requests, each in half a second. */
function reading(requests: number, more: Partial<Reading> = {}): Reading {
  return {
    since: 100,
    at: 1000,
    requests,
    responses: [0, requests, 0, 0, 0],
    aborted: 0,
    inFlight: 0,
    buckets: [0, requests],
    seconds: requests / 2,
    activeMs: requests,
    idleMs: 0,
    delayP50Ms: 1,
    delayP99Ms: 2,
    delayMaxMs: 3,
    ...more,
  };
}

/** Meters and totals together, as the supervisor has them. */
function counting(): {
  totals: Totals;
  tells: (worker: number, now: Reading) => void;
  end: (worker: number) => void;
} {
  const [meters, totals] = [new Meters(systemTimers), new Totals([0.1])];
  return {
    totals,
    tells: (worker, now) => totals.add(worker, PLACE, meters.told(worker, now, false), now),
    end: (worker) => {
      meters.ended(worker);
      totals.ended(worker);
    },
  };
}

test('a worker and its replacement count on in one place', () => {
  const { totals, tells, end } = counting();
  tells(0, reading(5, { inFlight: 2 }));
  tells(0, reading(7, { inFlight: 1 }));
  tells(1, reading(1));
  expect(totals.of(PLACE)).toMatchObject({
    responses: [0, 8, 0, 0, 0],
    buckets: [0, 8],
    seconds: 4,
    activeMs: 8,
  });
  expect([totals.inFlight(0), totals.inFlight(1)]).toEqual([1, 0]);
  end(0);
  tells(1, reading(3));
  expect(totals.of(PLACE)).toMatchObject({ responses: [0, 10, 0, 0, 0], seconds: 5 });
  expect(totals.inFlight(0)).toBeNull();
});

test('a meter that begins anew is not what it was, and one without buckets is none of ours', () => {
  const { totals, tells } = counting();
  tells(0, reading(50, { buckets: [50] }));
  expect(totals.of(PLACE)).toBeNull();
  tells(0, reading(5, { since: 200 }));
  tells(0, reading(6, { since: 200 }));
  expect(totals.of(PLACE)?.responses).toEqual([0, 6, 0, 0, 0]);
});

test('CPU time of a process that has ended is kept', () => {
  const { totals, end } = counting();
  for (const used of [100, 150, 40, 50]) totals.addCpu(0, PLACE, used);
  end(0);
  totals.addCpu(1, PLACE, 30);
  expect(totals.of(PLACE)).toMatchObject({ cpuMs: 150 + 10 + 30, hasCounted: false });
});

test('the delay is the worst since it was read last; until there is a newer one, that stands', () => {
  const { totals, tells } = counting();
  tells(0, reading(0, { delayMaxMs: 80 }));
  tells(0, reading(0, { delayMaxMs: 10, delayP50Ms: 4 }));
  expect(totals.of(PLACE)?.delay).toEqual({ p50: 4, p99: 2, max: 80 });
  totals.taken();
  expect(totals.of(PLACE)?.delay.max).toBe(80);
  tells(0, reading(0, { delayMaxMs: 5 }));
  expect(totals.of(PLACE)?.delay.max).toBe(5);
});

test('slots that are gone leave nothing', () => {
  const { totals, tells } = counting();
  tells(0, reading(5));
  totals.keepOnly([{ app: 'web', slot: 1 }]);
  expect(totals.of(PLACE)).toBeNull();
});

test('whatever workers do, no total goes backwards, and all that was told is in it', () => {
  // Each number is what the worker of that turn answers before it tells; null is its end, whereupon another begins.
  fc.assert(
    fc.property(fc.array(fc.option(fc.nat(20), { freq: 4 }), { maxLength: 60 }), (turns) => {
      const { totals, tells, end } = counting();
      let [worker, own, all, last] = [0, 0, 0, 0];
      for (const answered of turns) {
        if (answered === null) {
          end(worker);
          worker += 1;
          own = 0;
          continue;
        }
        own += answered;
        all += answered;
        tells(worker, reading(own, { since: worker }));
        const total = totals.of(PLACE)?.responses[1] ?? 0;
        expect(total).toBeGreaterThanOrEqual(last);
        last = total;
      }
      expect(last).toBe(all);
    }),
  );
});
