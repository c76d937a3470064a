/**
 * A folder for temporary files of each run, which must be empty at its end, as must be the list of processes that were
 * started with it.
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

/** Of the product itself: the folders for the control sockets of a user are there to stay. */
const SOCKETS = /^cluster-up-\d+(-[\da-f]{16})?$/;
/** Of test/e2e/support/apart.ts. */
const BESIDE = /^beside-\d+$/;
/** What has been told to end may take this long, in ms. */
const GRACE = 5000;

interface Run {
  users: number;
  folder: string;
}

/** Of all projects, each of which has a module of its own: the first one makes the folder, the last one looks. */
const run: Run = ((globalThis as { testRun?: Run }).testRun ??= { users: 0, folder: '' });

export default function setup(): () => Promise<void> {
  if (run.users === 0) {
    run.folder = mkdtempSync(path.join(os.tmpdir(), 'cu-'));
    // Apps that run as another user have their files in it.
    chmodSync(run.folder, 0o711);
  }
  run.users += 1;
  // Inherited by the processes that run the tests, and by all that they start.
  process.env['TMPDIR'] = run.folder;
  return async () => {
    run.users -= 1;
    if (run.users > 0) return;
    const until = performance.now() + GRACE;
    while (processes().length > 0 && performance.now() < until) await sleep(50);
    const left = [...processes(), ...files()];
    rmSync(run.folder, { recursive: true, force: true });
    if (left.length === 0) return;
    // vitest shows what is thrown here, but it does not fail the run by itself.
    process.exitCode = 1;
    throw new Error(`the tests left behind: ${left.join(', ')}`);
  };
}

/** What is in the folder, and in those of the tests that ran side by side. */
function files(): string[] {
  return readdirSync(run.folder)
    .flatMap((name) => (BESIDE.test(name) ? readdirSync(path.join(run.folder, name)) : [name]))
    .filter((name) => !SOCKETS.test(name));
}

/** An entry of an environment that names the folder, or one in it. */
function isMarked(entry: string): boolean {
  return entry === `TMPDIR=${run.folder}` || entry.startsWith(`TMPDIR=${run.folder}${path.sep}`);
}

/** Those that inherited the folder, but for vitest's own. */
function processes(): string[] {
  if (process.platform !== 'linux') return [];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      try {
        if (!readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0').some(isMarked)) return [];
        const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
        return /vitest|esbuild/.test(command) ? [] : [`process ${pid} (${command})`];
      } catch {
        return []; // It has ended meanwhile, or is not ours to look at.
      }
    });
}
