/** What is done for many apps grows with their number, not with its square: counted, not timed. */
import { expect, test } from 'vitest';
import type { Observed } from '../../src/model/observed.ts';
import type { Desired } from '../../src/model/spec.ts';
import { isConverged, outcome } from '../../src/observe/report/converged.ts';
import { plan } from '../../src/plan/plan.ts';
import { desire, spec } from './build.ts';
import { running } from './world.ts';

const APPS = 2_000;

/** As many apps as that at rest, and how often the name of any of them has been looked at. */
function many(): { desired: Desired; observed: Observed; now: number; looks: () => number } {
  const world = running(spec({ instances: 1 }));
  const one = world.app();
  let looks = 0;
  const named = <T extends object>(value: T, name: string): T =>
    Object.defineProperty({ ...value }, 'name', { get: () => ((looks += 1), name), enumerable: true });
  const names = Array.from({ length: APPS }, (_, i) => `app-${String(i).padStart(4, '0')}`);
  const specs = names.map((name) => named(one.spec, name));
  const { generation } = world.desired;
  const apps = names.map((name, i) => named({ ...one, spec: specs[i] ?? one.spec }, name));
  return {
    desired: { ...desire(), generation, apps: specs },
    observed: { apps },
    now: world.now,
    looks: () => looks,
  };
}

test.each([
  ['whether all is as desired', isConverged, true],
  [
    'what has become of it',
    (d: Desired, o: Observed, now: number) => outcome(d, o, now, now)?.converged,
    true,
  ],
  ['what to do next', (d: Desired, o: Observed, now: number) => plan(d, o, now).steps.length, 0],
] as const)('%s', (_, ask, answer) => {
  const { desired, observed, now, looks } = many();
  expect(ask(desired, observed, now)).toBe(answer);
  expect(looks()).toBeLessThan(20 * APPS);
});
