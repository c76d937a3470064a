/** Faults of ours are told, not too often, and stay where they are. */
import { expect, test } from 'vitest';
import { allOf } from '../../src/logs/all-of.ts';
import { Faults } from '../../src/supervisor/faults.ts';
import { planAround } from '../../src/supervisor/plan-around.ts';
import type { Launch, OutputSink } from '../../src/workers/handle.ts';
import { plan } from '../../src/plan/plan.ts';
import { applyDesired } from '../../src/observe/reduce/reduce-desired.ts';
import { desire, spec } from '../plan/build.ts';

test('the same fault is told once a minute, with how often it was; another one at once', () => {
  let now = 0;
  const said: string[] = [];
  const logged: unknown[] = [];
  const faults = new Faults({
    say: ({ text }) => said.push(text),
    log: (error) => logged.push(error),
    now: () => now,
  });
  const error = new Error('boom');
  for (now = 0; now < 120_000; now += 1000) faults.tell('planning', error);
  faults.tell('planning', 'another');
  expect(said).toEqual([
    'cluster-up failed at planning: boom; it goes on',
    'cluster-up failed at planning: boom (59 times more since it was said last); it goes on',
    'cluster-up failed at planning: another; it goes on',
  ]);
  expect(logged).toEqual([error, error, 'another']);
});

test('so many different ones are bounded, and one who is told may fail', () => {
  const logged: unknown[] = [];
  const refusal = new Error('nobody listens');
  const faults = new Faults({
    say: () => {
      throw refusal;
    },
    log: (error) => logged.push(error),
  });
  for (let i = 0; i < 1000; i++) faults.tell('planning', i);
  expect(logged.filter((error) => error === refusal)).toHaveLength(1000);
  faults.tell('planning', 0);
  expect(logged.at(-2), 'forgotten meanwhile').toBe(0);
});

test('an app that cannot be planned for costs the others nothing', () => {
  const desired = desire(spec({ name: 'web' }), spec({ name: 'api' }));
  const observed = applyDesired({ apps: [] }, desired);
  const failed: string[] = [];
  const planned = planAround(
    (...args) => {
      if (args[0].apps.some(({ name }) => name === 'web')) throw new Error('web is odd');
      return plan(...args);
    },
    desired,
    observed,
    0,
    (app, error) => failed.push(`${app}: ${String(error)}`),
  );
  expect(failed).toEqual(['web: Error: web is odd']);
  expect(new Set(planned.steps.map(({ app }) => app))).toEqual(new Set(['api']));
  expect(planned.wakeAt).toBe(1000);
});

test('what is no single app is left to whoever plans', () => {
  const fail = (): never => {
    throw new Error('all is odd');
  };
  const isTogether = (...args: Parameters<typeof plan>) => (args[0].apps.length > 1 ? fail() : plan(...args));
  const desired = desire(spec({ name: 'web' }), spec({ name: 'api' }));
  expect(() => planAround(isTogether, desired, applyDesired({ apps: [] }, desired), 0, fail)).toThrow(
    'all is odd',
  );
});

test('of several sinks, one that throws costs its own lines and keeps nobody waiting', () => {
  const lines: string[] = [];
  const broken = (): never => {
    throw new Error('broken');
  };
  const good: OutputSink = {
    write: (_launch, _stream, more) => lines.push(...more) > 0,
    whenWritable: (resume) => resume(),
  };
  const full: OutputSink = { write: () => false, whenWritable: broken, ended: broken };
  const failed: unknown[] = [];
  const sink = allOf([{ write: broken, whenWritable: broken }, full, good], (error) => failed.push(error));
  const launch = { id: 0, slot: 0, spec: spec() } satisfies Launch;
  expect(sink.write(launch, 'out', ['one', 'two'], false)).toBe(false);
  let isResumed = false;
  sink.whenWritable(() => (isResumed = true), launch, 'out');
  sink.ended?.(launch, 'out');
  expect(lines).toEqual(['one', 'two']);
  expect(isResumed).toBe(true);
  expect(failed).toHaveLength(3);
});
