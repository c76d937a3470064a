/** `cluster-up FILE`: makes it so, follows every edit, drains all on Ctrl-C. */
import path from 'node:path';
import type { Loaded } from '../config/load.ts';
import { count } from '../model/text.ts';
import { load, type Selection } from '../supervisor/load.ts';
import { run, type Running } from '../supervisor/run.ts';
import { applyToRunning } from './apply.ts';
import { Console } from './console.ts';
import { planIdOf } from './plan-id.ts';
import { progressOf } from './progress.ts';
import { fail } from './remote.ts';
import { reportText } from './report.ts';
import { wantsColor } from './style.ts';

export interface UpFlags extends Selection {
  /** False: do not follow edits. */
  readonly watch: boolean;
  /** Show only what goes wrong, and the apps' output. */
  readonly silent?: boolean;
  /** Started by `up -d`: says by a message that it serves, and shows nothing. */
  readonly background?: boolean;
  /** Apply only if this plan still holds. */
  readonly planId?: string;
}

/** Ends with the signal's conventional exit code where a second one cuts the drain short. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * A terminal's Ctrl-C reaches us and whoever started us, and npm and npx pass theirs on: one key, two signals. A second
 * one within this long, in ms, is the same key.
 */
const ECHO = 100;

/** Runs until a signal, `down`, or until it is clear that nothing can start. Resolves with the exit code. */
export async function up(file: string, flags: UpFlags): Promise<number> {
  const first = await load(file, flags);
  report(first);
  if (first.desired === null) return 1;

  const view = new Console(flags.silent);
  let code = 0;
  const options = {
    ...flags,
    ...(flags.background === true ? {} : { sink: view, say: view.say }),
    hopeless: () => {
      code = 1;
      void running?.end();
    },
    reloaded: (loaded: Loaded) => {
      report(loaded);
      if (loaded.desired !== null) return;
      view.say({ level: 'bad', text: `${path.basename(file)} was rejected: what runs goes on unchanged` });
    },
    // A failure of ours, not of the user's: with all there is to find it by.
    failed: (error: unknown) => console.error(error),
  };
  // The usual signal of those who rotate logs from outside; while it starts, no file is open yet.
  let started: Running | null = null;
  process.on('SIGUSR2', () => void started?.session.reopenLogs());
  const { running, other } = await run(first.desired, options);
  if (other !== null) return applyToRunning(other, flags);
  started = running;
  if (flags.planId !== undefined && flags.planId !== planIdOf(first.desired.generation)) {
    await running.end();
    return fail(`plan ${flags.planId} no longer holds: the file has changed since; look at a new plan`);
  }
  if (flags.background === true) process.send?.('serving');
  else view.track(() => running.session.summary.map(progressOf));
  const cutShort = await Promise.race([running.ended, secondSignal(running, view)]);
  view.untrack();
  return cutShort ?? code;
}

/** The first signal drains, a second one ends everything at once; resolves with its exit code. */
function secondSignal({ session, end }: Running, view: Console): Promise<number> {
  return new Promise((resolve) => {
    let endingSince: number | null = null;
    const onSignal = (name: NodeJS.Signals): void => {
      const workers = count(session.apps.flatMap((app) => app.workers).length, 'worker');
      if (endingSince !== null && performance.now() - endingSince < ECHO) return;
      if (endingSince !== null) {
        view.say({ level: 'bad', text: `${name} again: ending ${workers} at once` });
        session.killAll();
        return resolve(SIGNALS[name as keyof typeof SIGNALS]);
      }
      endingSince = performance.now();
      view.say({ level: 'info', text: `${name}: draining ${workers} (${name} again ends them at once)` });
      void end();
    };
    for (const name of Object.keys(SIGNALS)) process.on(name, onSignal);
  });
}

/** Shows what is to be said about the file. */
export function report({ diagnostics, text, texts }: Loaded): void {
  if (diagnostics.length > 0) {
    process.stderr.write(reportText(diagnostics, text, { texts, color: wantsColor(process.stderr) }));
  }
}
