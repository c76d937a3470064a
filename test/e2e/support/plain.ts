/** The same script under plain node:cluster, to compare with. */
import { onTestFinished } from 'vitest';
import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { kill, marked, markedEnv } from './processes.ts';
import { node } from './runtimes.ts';
import type { Scene } from './scene.ts';
import { Supervisor } from './supervisor.ts';

/** Runs the fixture's plain.js, which forks `script`. */
export function plain(
  place: Scene,
  script: string,
  args: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Supervisor {
  const mark = randomUUID();
  const child = spawn(node, [place.path('plain.js'), script, ...args], {
    cwd: place.folder,
    env: { ...markedEnv(mark), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => {
    for (const { pid } of marked(mark)) kill(pid, 'SIGKILL');
  });
  return new Supervisor(child, mark);
}
