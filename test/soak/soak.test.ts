/**
 * A while of everything at once: edits, crashes, bad deploys, bursts of output and clients, by chance from a seed.
 * Every ten seconds it comes to rest, and all invariants must hold. SOAK_SECONDS (40) is how long it lasts,
 * SOAK_SEED which chance it takes.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { load, type Load, type LoadStats } from '../e2e/support/client.ts';
import { checkpoint, converged, type Size } from './checkpoint.ts';
import { Random } from './random.ts';
import { Stage } from './stage.ts';

const SECONDS = Number(process.env['SOAK_SECONDS'] ?? 40);
const SEED = Number(process.env['SOAK_SEED'] ?? Date.now() % 1_000_000);
/** Between two checkpoints, in ms. */
const ROUND = 10_000;
/** How long after a kill a request that it cost may still end, in ms. */
const AFTERMATH = 2000;
/** Requests that can be in flight at once: each lane has one. */
const LANES = 4;

test(
  `${SECONDS} seconds of soak, seed ${SEED}`,
  async () => {
    const random = new Random(SEED);
    const stage = await Stage.set(random);
    await converged(stage);
    const clients = {
      steady: await lanes(stage.ports.steady),
      fragile: await lanes(stage.ports.fragile),
      single: await lanes(stage.ports.single),
    };
    const happened = new Map<string, number>();
    const sizes: Size[] = [];
    const end = performance.now() + SECONDS * 1000;
    while (performance.now() < end) {
      await happenings(stage, random, happened);
      sizes.push(await checkpoint(stage));
    }
    const slow = (await Promise.all(stage.slow)).filter((failure) => failure !== null);
    const stats = {
      steady: await clients.steady.stop(),
      fragile: await clients.fragile.stop(),
      single: await clients.single.stop(),
    };
    console.log(summary(happened, stats, stage, sizes));
    expect(slow).toEqual([]);
    expect(stats.steady.failures).toEqual([]);
    expectOnlyKilled(stats.fragile, stage.kills.fragile);
    expectOnlyKilled(stats.single, stage.kills.single);
    expectFlat(sizes);
  },
  (SECONDS + 240) * 1000,
);

function lanes(port: number): Promise<Load> {
  return load(port, { keepAlive: LANES / 2, fresh: LANES / 2, rate: 60 });
}

/** What happens in one round: something every half a second or so. */
async function happenings(stage: Stage, random: Random, happened: Map<string, number>): Promise<void> {
  const end = performance.now() + ROUND;
  while (performance.now() < end) {
    const what = random.pick(Object.keys(stage.happenings));
    happened.set(what, (happened.get(what) ?? 0) + 1);
    await stage.happenings[what]?.();
    await sleep(random.between(50, 1000));
  }
}

/** Each failure belongs to a kill, and no kill costs more than what could be in flight. */
function expectOnlyKilled(stats: LoadStats, kills: readonly number[]): void {
  const unexplained = stats.failedAt.filter(
    (at) => !kills.some((killed) => at >= killed && at <= killed + AFTERMATH),
  );
  expect(unexplained).toEqual([]);
  expect(stats.failed).toBeLessThanOrEqual(kills.length * LANES);
}

/** After the first third the supervisor grows no more: memory within 10 %, descriptors not at all. */
function expectFlat(sizes: readonly Size[]): void {
  const third = Math.floor(sizes.length / 3);
  // Two samples tell no trend.
  if (third < 3) return;
  const [middle, last] = [sizes.slice(third, 2 * third), sizes.slice(-third)];
  const memory = (part: readonly Size[]): number => median(part.map((size) => size.memory));
  expect(memory(last)).toBeLessThanOrEqual(memory(middle) * 1.1);
  const descriptors = (part: readonly Size[]): number => median(part.map((size) => size.descriptors));
  expect(descriptors(last)).toBeLessThanOrEqual(descriptors(middle));
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
}

function summary(
  happened: ReadonlyMap<string, number>,
  stats: Readonly<Record<string, LoadStats>>,
  stage: Stage,
  sizes: readonly Size[],
): string {
  const megabytes = sizes.map(({ memory }) => Math.round(memory / 1024 / 1024));
  const descriptors = sizes.map((size) => size.descriptors);
  return [
    `soak of ${SECONDS} s, seed ${SEED}: ${sizes.length} checkpoints held`,
    ...[...happened].sort().map(([what, times]) => `  ${String(times).padStart(4)} × ${what}`),
    ...Object.entries(stats).map(
      ([app, { requests, failed, worstGap }]) =>
        `  ${app}: ${requests} requests, ${failed} failed, worst gap ${Math.round(worstGap)} ms`,
    ),
    `  ${stage.kills.fragile.length + stage.kills.single.length} workers killed; ${stage.slow.length} slow requests under way meanwhile`,
    `  supervisor's memory in MB: ${megabytes.join(' ')}`,
    `  supervisor's descriptors: ${descriptors.join(' ')}`,
  ].join('\n');
}
