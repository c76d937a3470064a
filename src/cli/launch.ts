/** `up -d`: the supervisor runs on its own, and this process only waits until it has converged. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from '../control/client.ts';
import { connectTo, socketOf } from '../control/find.ts';
import type { Desired } from '../model/spec.ts';
import type { Line } from '../model/notice.ts';
import { alsoStarted } from './also-started.ts';
import { sayNamesakes } from './namesakes.ts';
import { applyOrOutlive, reportOutcome, watchOutcome } from './apply.ts';
import { Console } from './console.ts';
import { load } from '../supervisor/load.ts';
import { sayFolder } from '../supervisor/up.ts';
import { ownEnvironment } from './own-environment.ts';
import { holds, noLongerHolds } from './plan-id.ts';
import { HEAP_FLAG } from './process-image.ts';
import { fail } from './remote.ts';
import { printDiagnostics } from './print-diagnostics.ts';
import type { Became, UpFlags } from './up.ts';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Resolves with the exit code: 0 once converged. Start-up errors of the background process are shown here. */
export async function upInBackground(file: string, flags: UpFlags): Promise<number> {
  const first = await load(file, flags);
  printDiagnostics(first);
  if (first.desired === null) return 1;

  for (;;) {
    const running = await connectTo(file);
    if (running === null && !(await holds(flags.planId, first.desired)))
      return fail(noLongerHolds(flags.planId));
    const code =
      running === null
        ? await begin(first.desired, flags)
        : await applyOrOutlive(running, { ...flags, environment: ownEnvironment() });
    if (code !== null) return code;
  }
}

/** @returns null where another one was faster */
async function begin(desired: Desired, flags: UpFlags): Promise<number | null> {
  const { file } = desired;
  const child = launch(file, flags);
  const became = await child.became;
  if (became === 'second') return null;
  if (became !== 'supervisor') return fail(`the supervisor could not start: ${became.problem}`);
  const view = new Console(flags.silent);
  for (const text of alsoStarted(desired, flags.only)) view.say({ level: 'info', text });
  sayFolder(view.say);
  await sayNamesakes(file, view);
  const client = await connectTo(file);
  if (client === null) {
    child.letGo();
    return fail('the supervisor ended as soon as it had started');
  }
  try {
    return await follow(client, view, flags, child.letGo);
  } finally {
    child.letGo();
    client.close();
  }
}

/** @param letGo lets the supervisor go on without us: one that could start nothing waits for it before it ends. */
async function follow(client: Client, view: Console, flags: UpFlags, letGo: () => void): Promise<number> {
  const bad: Line[] = [];
  let hear = (): void => {};
  const heard = new Promise<void>((resolve) => (hear = resolve));
  // It ends with the connection; until then it only shows what happens.
  const ended = client
    .call('events', {}, (item) => {
      hear();
      if (!('level' in (item as object))) return;
      const line = item as Line;
      if (line.level === 'bad') bad.push(line);
      view.say(line);
    })
    .catch(() => {});
  // All may be over already: what was said until then comes before the outcome.
  await Promise.race([heard, ended]);
  const outcome = await watchOutcome(client, view, flags.timeout);
  letGo();
  // Most that goes wrong has been shown as it happened.
  if (!outcome.converged && bad.length === 0) reportOutcome(outcome);
  // It ends by itself then; whoever reads our exit code must find nothing left of it.
  if (!outcome.converged && flags.once === true) await ended;
  return outcome.converged ? 0 : 1;
}

interface Child {
  /** Resolves once it serves its control socket, or another one does, or with why neither is so. */
  readonly became: Promise<'supervisor' | 'second' | { readonly problem: string }>;
  /** It goes on without us. */
  readonly letGo: () => void;
}

/** A session of its own, so that neither this terminal's Ctrl-C nor its end reaches it. */
function launch(file: string, flags: UpFlags): Child {
  // Only what goes wrong in the supervisor itself is written there; the apps' output is not.
  const log = `${socketOf(file)}.log`;
  // Of several that start at once, only one is to have the log.
  const own = `${log}.${process.pid}`;
  const fd = openSync(own, 'w', 0o600);
  const child = spawn(
    process.execPath,
    [HEAP_FLAG, ...process.execArgv, MAIN, 'up', file, '--background', ...flagsOf(flags)],
    {
      cwd: path.dirname(file),
      detached: true,
      stdio: ['ignore', fd, fd, 'ipc'],
    },
  );
  closeSync(fd);
  return {
    became: becoming(child, own, log).finally(() => rmSync(own, { force: true })),
    letGo: () => {
      if (child.connected) child.disconnect();
      child.unref();
    },
  };
}

/** @param own the log while it is not known whether it is that of the supervisor */
function becoming(child: ChildProcess, own: string, log: string): Child['became'] {
  return new Promise((resolve) => {
    const ended = (): void =>
      resolve({
        problem: `it exited with code ${child.exitCode ?? 'unknown'}\n${readFileSync(own, 'utf8')}`,
      });
    // What it said last may be read after its end has been noticed.
    const exited = (): unknown => (child.connected ? child.once('disconnect', ended) : ended());
    child.once('message', (message: Became) => {
      child.removeListener('exit', exited).removeListener('disconnect', ended);
      if (message === 'supervisor') renameSync(own, log);
      resolve(message);
    });
    child.once('error', (error) => resolve({ problem: error.message }));
    child.once('exit', exited);
  });
}

/** The flags of `up` that the supervisor itself needs. */
function flagsOf(flags: UpFlags): readonly string[] {
  return [
    ...(flags.env === undefined ? [] : ['--env', flags.env]),
    ...(flags.only === undefined ? [] : ['--only', flags.only.join(',')]),
    ...(flags.watch ? [] : ['--no-watch']),
    ...(flags.once === true ? ['--once'] : []),
    ...(flags.planId === undefined ? [] : ['--plan-id', flags.planId]),
    ...(flags.timeout === undefined ? [] : ['--timeout', String(flags.timeout)]),
  ];
}
