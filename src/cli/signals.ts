/** What the signals to a running supervisor do. */
import { isatty } from 'node:tty';
import { count } from '../model/text.ts';
import type { Running } from '../supervisor/up.ts';
import type { Console } from './console.ts';

/** Ends with the signal's conventional exit code where a second one cuts the drain short. */
const ENDINGS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

/**
 * A terminal's Ctrl-C reaches us and whoever started us, and npm and npx pass theirs on: one key, two signals. A second
 * one within this long, in ms, is the same key.
 */
const ECHO = 100;

/** With a terminal, SIGHUP says that it was closed; without one, it is the usual way to ask for a reload. */
export function hasTerminal(): boolean {
  return [0, 1, 2].some((fd) => isatty(fd));
}

/** The first signal drains, a second one ends everything at once; resolves with its exit code. */
export function secondSignal({ session, end }: Running, view: Console): Promise<number> {
  return new Promise((resolve) => {
    let endingSince: number | null = null;
    const onSignal = (name: NodeJS.Signals): void => {
      const running = session.summary.flatMap((app) => app.workers).filter(({ pid }) => pid !== null);
      const workers = count(running.length, 'worker');
      if (endingSince !== null && performance.now() - endingSince < ECHO) return;
      if (endingSince !== null) {
        view.say({ level: 'bad', text: `${name} again: ending ${workers} at once` });
        session.killAll();
        return resolve(ENDINGS[name as keyof typeof ENDINGS]);
      }
      endingSince = performance.now();
      view.say({ level: 'info', text: `${name}: draining ${workers} (${name} again ends them at once)` });
      void end();
    };
    const names = Object.keys(ENDINGS).filter((name) => name !== 'SIGHUP' || hasTerminal());
    for (const name of names) process.on(name, onSignal);
  });
}
