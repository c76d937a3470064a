/** What `ls --json` says, asked over the control socket, which costs no process. */
import { readdirSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { createInterface } from 'node:readline';
import type { State } from '../../src/model/state.ts';

/** How long an answer may take, in ms. */
const WITHIN = 5000;

/** Null where nobody answers. */
export function stateOf(home: string): Promise<State | null> {
  let name: string | undefined;
  try {
    name = readdirSync(home).find((entry) => entry.endsWith('.sock'));
  } catch {
    // The folder was removed by a step.
  }
  if (name === undefined) return Promise.resolve(null);
  return new Promise((resolve) => {
    const socket = net.connect(path.join(home, name));
    socket.setTimeout(WITHIN, () => socket.destroy());
    socket.on('error', () => {});
    socket.on('close', () => resolve(null));
    const lines = createInterface({ input: socket });
    // It tells of the socket's errors once more.
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const answer = JSON.parse(line) as { result?: State };
      resolve(answer.result ?? null);
      socket.destroy();
    });
    socket.write(`${JSON.stringify({ v: 1, id: 1, op: 'state', args: {} })}\n`);
  });
}
