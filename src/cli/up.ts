/** `cluster-up FILE`: makes it so in the foreground, follows every edit, drains all on Ctrl-C. */
import path from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import { count } from '../model/text.ts';
import { Supervisor } from '../supervisor/supervisor.ts';
import { watchFile } from '../supervisor/watch.ts';
import { Console } from './console.ts';
import { load, type LoadFlags } from './load.ts';
import { reportText } from './report.ts';
import { wantsColor } from './style.ts';

export interface UpFlags extends LoadFlags {
  /** False: do not follow edits. */
  readonly watch: boolean;
}

/** Ends with the signal's conventional exit code where a second one cuts the drain short. */
const SIGNALS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/** Runs until a signal, or until it is clear that nothing can start. Resolves with the exit code. */
export async function up(file: string, flags: UpFlags): Promise<number> {
  const first = await load(file, flags, 'error');
  report(first.diagnostics, first.text);
  if (first.desired === null) return 1;

  const view = new Console();
  let hopeless = (): void => {};
  const supervisor: Supervisor = new Supervisor({
    sink: view,
    notify: (notice) => {
      view.show(notice, supervisor.observed);
      if (notice.type === 'hopeless') hopeless();
    },
  });
  const follow = new Follower(file, flags, view, supervisor, first.desired.generation);
  const watcher = flags.watch ? await watchFile(file, () => follow.look()) : null;
  // An edit made while the watcher started was seen by nobody.
  if (watcher !== null) follow.look();

  return new Promise((resolve) => {
    let ending = false;
    const end = (code: number): void => {
      ending = true;
      follow.close();
      void watcher?.close();
      void supervisor.shutdown().then(() => {
        for (const name of signals) process.removeListener(name, onSignal);
        resolve(code);
      });
    };
    const onSignal = (name: keyof typeof SIGNALS): void => {
      const running = supervisor.observed.apps.flatMap(({ workers }) => workers).length;
      if (ending) {
        view.complain(`${name} again: ending ${count(running, 'worker')} at once`);
        supervisor.killAll();
        resolve(SIGNALS[name]);
        return;
      }
      view.say(`${name}: draining ${count(running, 'worker')} (${name} again ends them at once)`);
      end(0);
    };
    const signals = Object.keys(SIGNALS) as (keyof typeof SIGNALS)[];
    for (const name of signals) process.on(name, onSignal);
    hopeless = () => {
      if (!ending) end(1);
    };
    if (first.desired !== null) supervisor.apply(first.desired);
  });
}

/** Applies the file each time its content has changed; what cannot be applied changes nothing that runs. */
class Follower {
  #seen: string;
  #looking = false;
  #again = false;
  #closed = false;
  readonly #file: string;
  readonly #flags: LoadFlags;
  readonly #view: Console;
  readonly #supervisor: Supervisor;

  constructor(file: string, flags: LoadFlags, view: Console, supervisor: Supervisor, seen: string) {
    this.#file = file;
    this.#flags = flags;
    this.#view = view;
    this.#supervisor = supervisor;
    this.#seen = seen;
  }

  /** Reads the file; calls that come meanwhile lead to one more look. */
  look(): void {
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    void this.#load().finally(() => {
      this.#looking = false;
      if (this.#again && !this.#closed) {
        this.#again = false;
        this.look();
      }
    });
  }

  close(): void {
    this.#closed = true;
  }

  async #load(): Promise<void> {
    const { desired, diagnostics, text } = await load(this.#file, this.#flags, 'error');
    // Without a Desired there is no generation; what is said about the file stands for it, so it is said once.
    const state = desired?.generation ?? JSON.stringify(diagnostics);
    if (this.#closed || state === this.#seen) return;
    this.#seen = state;
    report(diagnostics, text);
    if (desired === null) {
      this.#view.complain(`${path.basename(this.#file)} was rejected: what runs goes on unchanged`);
      return;
    }
    this.#view.begin();
    this.#supervisor.apply(desired);
  }
}

function report(diagnostics: readonly Diagnostic[], text: string): void {
  if (diagnostics.length > 0) process.stderr.write(reportText(diagnostics, text, { color: wantsColor(process.stderr) }));
}
