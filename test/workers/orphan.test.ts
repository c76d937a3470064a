/** What answers at a rendezvous socket is a worker at best, and anything else at worst. */
import { mkdtempSync, rmSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { StopSpec } from '../../src/model/spec.ts';
import { meet, type Orphan } from '../../src/workers/orphan.ts';

const stop: StopSpec = { drainTimeout: 1000, killTimeout: 1000, killSignal: 'SIGINT', message: false };
const hello = { act: 'orphan', pid: 4242, app: 'web', slot: 0, stop, offers: [] };

/** Who was met at the socket of process 4242 where `lines` are all that is said; null for nobody. */
async function met(...lines: readonly string[]): Promise<Orphan | null> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-orphan-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const rendezvous = path.join(folder, 'd.4242');
  const server = net.createServer((socket) => socket.on('error', () => {}).end(`${lines.join('\n')}\n`));
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(rendezvous, resolve));
  return new Promise((resolve) => meet(rendezvous, { met: resolve, released: () => {}, gone: resolve }));
}

test('a worker that says who it is has been met', async () => {
  expect(await met(JSON.stringify(hello))).toMatchObject({ pid: 4242, app: 'web', slot: 0 });
});

test.each([
  ['the process id of another', { ...hello, pid: 1 }],
  ['a process group', { ...hello, pid: -4242 }],
  ['no process id', { ...hello, pid: '4242' }],
  ['a signal that there is none of', { ...hello, stop: { ...stop, killSignal: 'SIGNOTHING' } }],
  ['an offer of nothing', { ...hello, offers: [{ kind: 'socket' }] }],
  ['something else first', { act: 'drained' }],
  ['nothing at all', null],
])('%s: nobody was met', async (_what, words) => {
  expect(await met(JSON.stringify(words))).toBeNull();
});

test('no JSON, and what is well-formed behind it: nobody was met', async () => {
  expect(await met('{"act":', JSON.stringify(hello))).toBeNull();
});
