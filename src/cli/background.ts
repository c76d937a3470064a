/** `up -d`: the supervisor runs on its own, and this process only waits until it has converged. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlError, type Client } from '../control/client.ts';
import { connectTo, socketOf } from '../control/find.ts';
import type { Line } from '../supervisor/narrator.ts';
import { alsoStarted } from './also-started.ts';
import { applyToRunning, reportOutcome, watchOutcome } from './apply.ts';
import { Console } from './console.ts';
import { load } from '../supervisor/load.ts';
import { HEAP_FLAG } from './process-image.ts';
import { fail } from './remote.ts';
import { report, type UpFlags } from './up.ts';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Resolves with the exit code: 0 once converged. Start-up errors of the background process are shown here. */
export async function upInBackground(file: string, flags: UpFlags): Promise<number> {
  const first = await load(file, flags);
  report(first);
  if (first.desired === null) return 1;

  const running = await connectTo(file);
  if (running !== null) return applyToRunning(running, flags);

  const log = `${socketOf(file)}.log`;
  const child = launch(file, flags, log);
  const problem = await serving(child, log);
  if (problem !== null) return fail(`the supervisor could not start: ${problem}`);
  const view = new Console(flags.silent);
  for (const text of alsoStarted(first.desired, flags.only)) view.say({ level: 'info', text });
  const client = await connectTo(file);
  if (client === null) {
    letGo(child);
    return fail('the supervisor ended as soon as it had started');
  }
  try {
    return await follow(client, view, flags, () => letGo(child));
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    return fail(error.message);
  } finally {
    letGo(child);
    client.close();
  }
}

/** @param heard lets the supervisor go on without us: one that could start nothing waits for it before it ends. */
async function follow(client: Client, view: Console, flags: UpFlags, heard: () => void): Promise<number> {
  const bad: Line[] = [];
  // It ends with the connection; until then it only shows what happens.
  const ended = client
    .call('events', {}, (item) => {
      if (!('level' in (item as object))) return;
      const line = item as Line;
      if (line.level === 'bad') bad.push(line);
      view.say(line);
    })
    .catch(() => {});
  const outcome = await watchOutcome(client, view, flags.timeout);
  heard();
  // Most that goes wrong has been shown as it happened; the rest came before we listened.
  if (!outcome.converged && bad.length === 0) reportOutcome(outcome);
  // It ends by itself then; whoever reads our exit code must find nothing left of it.
  if (!outcome.converged && flags.once === true) await ended;
  return outcome.converged ? 0 : 1;
}

function letGo(child: ChildProcess): void {
  if (child.connected) child.disconnect();
  child.unref();
}

/** A session of its own, so that neither this terminal's Ctrl-C nor its end reaches it. */
function launch(file: string, flags: UpFlags, log: string): ChildProcess {
  rmSync(log, { force: true });
  // Only what goes wrong in the supervisor itself is written there; the apps' output is not.
  const fd = openSync(log, 'a', 0o600);
  const args = [
    ...(flags.env === undefined ? [] : ['--env', flags.env]),
    ...(flags.only === undefined ? [] : ['--only', flags.only.join(',')]),
    ...(flags.watch ? [] : ['--no-watch']),
    ...(flags.once === true ? ['--once'] : []),
    ...(flags.timeout === undefined ? [] : ['--timeout', String(flags.timeout)]),
  ];
  const child = spawn(
    process.execPath,
    [HEAP_FLAG, ...process.execArgv, MAIN, 'up', file, '--background', ...args],
    {
      cwd: path.dirname(file),
      detached: true,
      stdio: ['ignore', fd, fd, 'ipc'],
    },
  );
  closeSync(fd);
  return child;
}

/** Resolves once it serves its control socket, with null; or with why it ended before. */
function serving(child: ChildProcess, log: string): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('message', () => resolve(null));
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code) =>
      resolve(`it exited with code ${code ?? 'unknown'}\n${readFileSync(log, 'utf8')}`),
    );
  });
}
