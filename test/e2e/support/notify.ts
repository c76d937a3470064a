/** A service manager to talk to: a real datagram socket, which Node has not, held by a Python program. */
import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import { until } from './until.ts';

/** What is missing for it; null where nothing is. */
export const missing: string | null =
  ['systemd-notify', 'python3'].find((name) => spawnSync(name, ['--version']).status !== 0) ?? null;

export type Heard = Readonly<Record<string, string>> | 'silence';

export interface Manager {
  readonly heard: readonly Heard[];
  /** The first message with this, now or later. */
  readonly message: (variable: string, after?: number) => Promise<Record<string, string>>;
}

/** @param socket a path, or `@` and a name in the abstract namespace */
export async function manager(socket: string): Promise<Manager> {
  const child = spawn('python3', [path.join(import.meta.dirname, 'notify-listener.py'), socket], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const heard: Heard[] = [];
  let isListening = false;
  createInterface({ input: child.stdout }).on('line', (line) => {
    const item = JSON.parse(line) as Heard | 'listening';
    if (item === 'listening') isListening = true;
    // systemd-notify's own question whether all has been read.
    else if (item === 'silence' || !('BARRIER' in item)) heard.push(item);
  });
  await until('the service manager listens', () => isListening);
  const find = (variable: string, after: number): Record<string, string> | undefined =>
    heard.slice(after).find((item) => item !== 'silence' && variable in item) as
      Record<string, string> | undefined;
  return {
    heard,
    message: (variable, after = 0) =>
      until(
        () => `a message with ${variable} after ${after}: ${JSON.stringify(heard)}`,
        () => find(variable, after),
      ),
  };
}
