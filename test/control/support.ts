/** A control server on a socket of its own, with handlers that only answer. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { serve, type ControlServer, type Handlers } from '../../src/control/server.ts';

export interface Served {
  readonly server: ControlServer;
  readonly socket: string;
  /** What handlers threw that was not a refusal. */
  readonly failures: unknown[];
}

/** An empty folder with mode 0700 that goes when the test ends. */
export function emptyFolder(): string {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-control-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export async function served(handlers: Partial<Handlers>): Promise<Served> {
  const socket = path.join(emptyFolder(), 'test.sock');
  const failures: unknown[] = [];
  const server = await serve(socket, handlers as Handlers, (error) => failures.push(error));
  onTestFinished(() => server.close());
  return { server, socket, failures };
}
