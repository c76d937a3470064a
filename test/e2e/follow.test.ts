/**
 * Whatever way the files are saved in, and however quickly one after the other: the last content is what is applied.
 * With a real file system and the real watch, without processes.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, onTestFinished, test } from 'vitest';
import { Follower } from '../../src/watchers/file/follow.ts';
import { load } from '../../src/supervisor/load.ts';
import { watchPlaces, type StartWatch } from '../../src/watchers/file/watch.ts';
import { wayTo } from '../../src/watchers/file/way.ts';
import { Saves, sequences, type Sequence } from './support/saves.ts';

const RUNS = Number(process.env['FOLLOW_RUNS'] ?? 200);
const SEED = Number(process.env['FOLLOW_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** Most of the time they wait. */
const AT_ONCE = 40;
/** After the last save, in ms. */
const WITHIN = 2500;

/** Stands still while the machine has no time for this process, as the follower does. */
async function wait(ms: number): Promise<void> {
  for (let step = 0; step < ms / 50; step++) await sleep(50);
}

/** As where the user has no inotify watches left. */
const noWatch: StartWatch = (_changed, failed) => {
  failed(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
  return { arm: () => {}, close: () => {} };
};

/** Plays the sequence; answers with how what is known of the file differs from what is there, or null. */
async function play({ shape, isWatched, saves }: Sequence, root: string): Promise<string | null> {
  const scene = new Saves(root, shape);
  const { file } = scene;
  const { desired } = await load(file);
  if (desired === null) throw new Error('it begins with mistakes');
  let applied = desired.generation;
  const problems: string[] = [];
  const follower = new Follower({
    file,
    load: () => load(file),
    wayTo,
    watch: isWatched ? watchPlaces : noWatch,
    applied: ({ generation }) => (applied = generation),
    rejected: ({ desired }) => desired !== null && problems.push('rejected what is valid'),
    warn: (text) => isWatched && problems.push(text),
  });
  follower.seen(desired);
  follower.start();
  await scene.play(saves);
  await wait(WITHIN - 50);
  const { error } = follower;
  follower.close();
  const there = await load(file);
  const mistake = there.diagnostics.find(({ severity }) => severity === 'error');
  if ((error === null) !== (mistake === undefined))
    problems.push(
      `it is ${error === null ? 'applied' : `rejected: ${error}`}, and there is ${mistake?.message ?? 'no mistake'}`,
    );
  if (mistake !== undefined && mistake.code !== 'CU1001' && error?.includes(mistake.message) === false)
    problems.push(`${error} instead of ${mistake.message}`);
  if (there.desired !== null && there.desired.generation !== applied)
    problems.push('another content is applied than is there');
  return problems.length === 0 ? null : problems.join('; ');
}

test(`the last content of ${RUNS} random sequences of saves is applied within ${WITHIN} ms`, async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-follow-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const all = fc.sample(sequences, { numRuns: RUNS, seed: SEED });
  const wrong: string[] = [];
  const left = all.entries();
  const lane = async (): Promise<void> => {
    for (const [i, sequence] of left) {
      const root = mkdtempSync(path.join(folder, 'run-'));
      const problem = await play(sequence, root);
      // Not all at the end: together they take longer than a test has to tidy up.
      await rm(root, { recursive: true, force: true });
      if (problem !== null) wrong.push(`${i} of seed ${SEED}: ${problem}\n${JSON.stringify(sequence)}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
  expect(wrong, `FOLLOW_SEED=${SEED} FOLLOW_RUNS=${RUNS}`).toEqual([]);
}, 600_000);
