/** `cluster-up ls`: what runs. */
import { rmSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { ControlError } from '../control/client.ts';
import { nameAt, reachNamed } from '../control/find.ts';
import { allSockets, socketsNamed } from '../control/places.ts';
import type { State } from '../model/state.ts';
import { endWithReader } from './lost-reader.ts';
import { renderState } from './render-state.ts';
import { fail, leftText, withSupervisor, type RemoteFlags } from './remote.ts';
import { styleFor, wantsColor } from './style.ts';
import { jsonText } from './printable.ts';

export interface LsFlags extends RemoteFlags {
  readonly json: boolean;
  readonly watch: boolean;
  /** Every supervisor of this user. */
  readonly all: boolean;
  /** Exit 2 if not all is as the file asks. */
  readonly exitCode: boolean;
}

const NOT_AS_ASKED = 2;

/** How often `--watch` looks, in ms. */
const EVERY = 1000;
/** Cursor to the top left, and everything after it cleared. */
const CLEAR = '\x1b[H\x1b[J';

export async function ls(flags: LsFlags): Promise<number> {
  if (flags.all) return lsAll(flags);
  return withSupervisor(flags, async (client) => {
    if (!flags.watch) {
      const state = await client.call('state', {});
      print([state], flags.json);
      return exitCodeOf([state], flags);
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
  const names = [...new Set(allSockets().map(nameAt))];
  const answers = await Promise.all(names.map(stateOf));
  const found = answers.filter((answer) => typeof answer === 'object');
  const isAnySilent = answers.includes('silent');
  const left = await leftAlone(found);
  if (flags.json) process.stdout.write(`${jsonText(found, 2)}\n`);
  else if (found.length > 0) print(found, false);
  else if (!isAnySilent && left.length === 0) return fail('no supervisor of yours is running');
  for (const text of left) fail(text);
  return isAnySilent || left.length > 0 ? 1 : exitCodeOf(found, flags);
}

/** Of each file whose supervisor has died, what it has left. */
async function leftAlone(found: readonly State[]): Promise<string[]> {
  const { allLeftBehind } = await import('../supervisor/takeover/left-behind.ts');
  const run = new Set(found.map(({ ecosystem }) => ecosystem));
  return [...allLeftBehind()].flatMap(([file, count]) => (run.has(file) ? [] : [leftText(file, count)]));
}

function exitCodeOf(states: readonly State[], { exitCode }: LsFlags): number {
  return exitCode && states.some(({ converged }) => !converged) ? NOT_AS_ASKED : 0;
}

/** By the name of its control socket; where the supervisor has died, that is cleaned up. */
async function stateOf(name: string): Promise<State | 'gone' | 'silent'> {
  try {
    const client = await reachNamed(name);
    if (client === null) {
      for (const socket of socketsNamed(name)) rmSync(socket, { force: true });
      return 'gone';
    }
    const state = await client.call('state', {});
    client.close();
    return state;
  } catch (error) {
    if (!(error instanceof ControlError)) throw error;
    fail(`${name}.sock: ${error.message}`);
    return 'silent';
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
