/**
 * Which other supervisors of this user run the same file by another path: through a link to it, or another name of its
 * own. By the path that was given each of them is another ecosystem, so this is for those who did not mean that.
 */
import { statSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { orElse } from '../files/proc-fs.ts';
import { connect } from './client.ts';
import { nameAt } from './find.ts';
import { nameFor } from './paths.ts';
import { allSockets } from './places.ts';

export interface Namesake {
  /** As that supervisor knows it. */
  readonly file: string;
  readonly pid: number;
}

/** One that does not answer within this, in ms, is none that could be named. */
const PATIENCE = 1000;
/** As many are asked. */
const MOST = 100;

export async function namesakesOf(file: string): Promise<Namesake[]> {
  const own = nameFor(file);
  const sockets = allSockets().filter((socket) => nameAt(socket) !== own);
  const all = await Promise.all(sockets.slice(0, MOST).map(ask));
  return all.filter((one) => one !== null).filter((one) => isSame(one.file, file));
}

/** One sentence about it. */
export function namesakeText(file: string, { file: other, pid }: Namesake): string {
  return `${file} is the same file as ${other}, which a supervisor (pid ${pid}) runs: each path is an ecosystem of its own`;
}

async function ask(socket: string): Promise<Namesake | null> {
  const client = await connect(socket).catch(() => null);
  if (client === null) return null;
  const timer = new AbortController();
  const late = delay(PATIENCE, null, { signal: timer.signal }).catch(() => null);
  const answer = client.call('state', {}).catch(() => null);
  const state = await Promise.race([answer, late]);
  timer.abort();
  client.close();
  return state === null ? null : { file: state.ecosystem, pid: state.supervisor.pid };
}

function isSame(a: string, b: string): boolean {
  return orElse(false, () => {
    const [one, other] = [statSync(a), statSync(b)];
    return one.dev === other.dev && one.ino === other.ino;
  });
}
