/** Many seeds, in several processes: each plays every so manyth of them. */
import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export interface Seeds {
  readonly from: number;
  readonly count: number;
  /** From one to the next. */
  readonly every: number;
}

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Whether this process plays a part for another one, which says how it went. */
export function isPart(): boolean {
  return process.send !== undefined && process.argv.includes('--every');
}

/** How many events there were in all; null where a seed has failed, which ends the others. */
export async function playInParts(all: Seeds, processes: number): Promise<number | null> {
  const parts = Array.from({ length: processes }, (_, at) => start(partOf(all, at, processes)));
  const ends = parts.map(async ({ child, events }) => {
    const played = await events;
    if (played === null) for (const other of parts) if (other.child !== child) other.child.kill();
    return played;
  });
  const played = await Promise.all(ends);
  return played.reduce((sum, events) => (sum === null || events === null ? null : sum + events), 0);
}

function partOf({ from, count, every }: Seeds, at: number, processes: number): Seeds {
  return {
    from: from + at * every,
    count: Math.ceil((count - at) / processes),
    every: every * processes,
  };
}

function start({ from, count, every }: Seeds): { child: ChildProcess; events: Promise<number | null> } {
  const args = ['--from', from, '--seeds', count, '--every', every, '--processes', 1].map(String);
  const child = fork(MAIN, args);
  const events = new Promise<number | null>((resolve, reject) => {
    let told: number | null = null;
    child.on('message', (message) => (told = Number(message)));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code === 0 ? told : null));
  });
  return { child, events };
}
