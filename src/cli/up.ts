/** `cluster-up FILE`: makes it so, follows every edit, drains all on Ctrl-C. */
import path from 'node:path';
import type { Loaded } from '../config/load.ts';
import { claim } from '../control/claim.ts';
import { runtimeFolder, socketPath } from '../control/paths.ts';
import { count } from '../model/text.ts';
import { handlersOf } from '../supervisor/handlers.ts';
import { Session } from '../supervisor/session.ts';
import { watchFile } from '../supervisor/watch.ts';
import { applyToRunning } from './apply.ts';
import { Console } from './console.ts';
import { load, type LoadFlags } from './load.ts';
import { reportText } from './report.ts';
import { wantsColor } from './style.ts';
import { version } from './version.ts';

export interface UpFlags extends LoadFlags {
  /** False: do not follow edits. */
  readonly watch: boolean;
  /** Started by `up -d`: says by a message that it serves, and shows nothing. */
  readonly background?: boolean;
  /** Apply only if this plan still holds. */
  readonly planId?: string;
}

/** Ends with the signal's conventional exit code where a second one cuts the drain short. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Runs until a signal, `down`, or until it is clear that nothing can start. Resolves with the exit code. */
export async function up(file: string, flags: UpFlags): Promise<number> {
  const first = await load(file, flags, 'error');
  report(first);
  if (first.desired === null) return 1;

  const view = new Console();
  const life = new Life(view);
  const session = new Session({
    file,
    load: () => load(file, flags, 'error'),
    version,
    sink: flags.background === true ? null : view,
    say: (line) => {
      if (flags.background !== true) view.say(line);
    },
    hopeless: () => void life.end(1),
    reloaded: (loaded) => {
      report(loaded);
      if (loaded.desired !== null) return;
      view.say({ level: 'bad', text: `${path.basename(file)} was rejected: what runs goes on unchanged` });
    },
  });
  life.session = session;
  const handlers = handlersOf(session, () => life.end(0));
  const { server, other } = await claim(socketPath(runtimeFolder(), file), handlers, complain);
  if (other !== null) return applyToRunning(other, flags.planId ?? null);

  const watcher = flags.watch ? await watchFile(file, () => void session.look()) : null;
  session.start(first.desired);
  if (flags.background === true) process.send?.('serving');
  // An edit made while the watcher started was seen by nobody.
  if (watcher !== null) void session.look();
  const code = await life.over;
  await watcher?.close();
  server.close();
  return code;
}

/** From the first signal to the last process. */
class Life {
  /** Resolves with the exit code. */
  readonly over: Promise<number>;
  session: Session | null = null;
  #resolve: (code: number) => void = () => {};
  #ending = false;
  readonly #view: Console;

  constructor(view: Console) {
    this.#view = view;
    this.over = new Promise((resolve) => (this.#resolve = resolve));
    for (const name of Object.keys(SIGNALS) as (keyof typeof SIGNALS)[]) process.on(name, this.#onSignal);
  }

  /** Drains everything; the process ends with `code`. Resolves when all has drained. */
  async end(code: number): Promise<void> {
    this.#ending = true;
    await this.session?.shutdown();
    for (const name of Object.keys(SIGNALS)) process.removeListener(name, this.#onSignal);
    // After whoever asked for it has been answered.
    setImmediate(() => this.#resolve(code));
  }

  #onSignal = (name: NodeJS.Signals): void => {
    const running = this.session?.apps.flatMap(({ workers }) => workers).length ?? 0;
    if (this.#ending) {
      this.#view.say({ level: 'bad', text: `${name} again: ending ${count(running, 'worker')} at once` });
      this.session?.killAll();
      this.#resolve(SIGNALS[name as keyof typeof SIGNALS]);
      return;
    }
    const text = `${name}: draining ${count(running, 'worker')} (${name} again ends them at once)`;
    this.#view.say({ level: 'info', text });
    void this.end(0);
  };
}

/** Shows what is to be said about the file. */
export function report({ diagnostics, text }: Loaded): void {
  if (diagnostics.length > 0) {
    process.stderr.write(reportText(diagnostics, text, { color: wantsColor(process.stderr) }));
  }
}

/** A failure of ours, not of the user's: with all there is to find it by. */
function complain(error: unknown): void {
  console.error(error);
}
