/** Clients of Socket.IO that ask and wait for the acknowledgement, in a process of their own; see socket-io-client.js. */
import { fork } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { root } from '../e2e/support/runtimes.ts';
import { until } from '../e2e/support/until.ts';

interface Report {
  readonly asked: number;
  /** Why each of the others was not answered. */
  readonly lost: readonly string[];
}

export interface Talk {
  readonly asked: () => number;
  readonly stop: () => Promise<Report>;
}

/** Starts them, and waits for the first answers. */
export async function acknowledged(port: number): Promise<Talk> {
  const packages = path.join(root, '.frameworks/small/node_modules');
  const child = fork(path.join(import.meta.dirname, 'socket-io-client.js'), [String(port), packages], {
    execArgv: [],
    env: {},
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  let report: Report = { asked: 0, lost: [] };
  let done = false;
  child.on('message', (message) => {
    const { asked, lost, isLast } = message as Report & { isLast: boolean };
    report = { asked, lost };
    done = isLast;
  });
  await until('Socket.IO answers', () => report.asked >= 8);
  return {
    asked: () => report.asked,
    stop: async () => {
      child.send('stop');
      await until('the clients of Socket.IO end', () => done);
      return report;
    },
  };
}
