/** `cluster-up ls`: what runs. */
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlError } from '../control/client.ts';
import { runtimeFolder } from '../control/paths.ts';
import { reach } from '../control/find.ts';
import type { State } from '../model/state.ts';
import { endWithReader } from './lost-reader.ts';
import { renderState } from './render-state.ts';
import { fail, withSupervisor, type RemoteFlags } from './remote.ts';
import { styleFor, wantsColor } from './style.ts';
import { jsonText } from './printable.ts';

export interface LsFlags extends RemoteFlags {
  readonly json: boolean;
  readonly watch: boolean;
  /** Every supervisor of this user. */
  readonly all: boolean;
}

/** How often `--watch` looks, in ms. */
const EVERY = 1000;
/** Cursor to the top left, and everything after it cleared. */
const CLEAR = '\x1b[H\x1b[J';

export async function ls(flags: LsFlags): Promise<number> {
  if (flags.all) return lsAll(flags);
  return withSupervisor(flags, async (client) => {
    if (!flags.watch) {
      print([await client.call('state', {})], flags.json);
      return 0;
    }
    endWithReader();
    for (;;) {
      const state = await client.call('state', {});
      if (process.stdout.isTTY) process.stdout.write(CLEAR);
      print([state], flags.json);
      await delay(EVERY);
    }
  });
}

async function lsAll(flags: LsFlags): Promise<number> {
  const folder = runtimeFolder();
  const sockets = readdirSync(folder).filter((name) => name.endsWith('.sock'));
  const states = await Promise.all(sockets.map((name) => stateAt(path.join(folder, name))));
  const found = states.filter((state) => state !== null);
  if (flags.json) process.stdout.write(`${jsonText(found, 2)}\n`);
  else if (found.length === 0) return fail('no supervisor of yours is running');
  else print(found, false);
  return 0;
}

/** Null where the supervisor has died; its socket is cleaned up. */
async function stateAt(socket: string): Promise<State | null> {
  try {
    const client = await reach(socket);
    if (client === null) {
      rmSync(socket, { force: true });
      return null;
    }
    const state = await client.call('state', {});
    client.close();
    return state;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    fail(`${socket}: ${error.message}`);
    return null;
  }
}

function print(states: readonly State[], json: boolean): void {
  const [only] = states;
  if (json) process.stdout.write(`${jsonText(only, 2)}\n`);
  else {
    const options = { width: process.stdout.columns || 80, style: styleFor(wantsColor(process.stdout)) };
    process.stdout.write(states.map((state) => renderState(state, options)).join('\n'));
  }
}
