/** What supervisors of a file have left running when they died, as long as nobody has taken it over. */
import { doorOf, socketOf } from '../control/find.ts';
import type { Line } from '../model/notice.ts';
import { Narrator } from './narrator.ts';
import { Orphans } from './orphans.ts';
import { Roster } from './roster.ts';

/** The programs in fork mode of the file. */
export function programsOf(file: string, say?: (line: Line) => void): Roster {
  return new Roster(`${socketOf(file)}.pids`, say);
}

/** Its workers in cluster mode. */
export function workersOf(file: string, say?: (line: Line) => void): Roster {
  return new Roster(`${socketOf(file)}.workers`, say);
}

/** How many processes that are. */
export function leftBehind(file: string): number {
  return programsOf(file).living.length + workersOf(file).living.length;
}

/** Drains and ends all of them; only where no supervisor runs the file. */
export async function endLeftBehind(file: string, say: (line: Line) => void): Promise<void> {
  const narrator = new Narrator(() => []);
  const workers = workersOf(file);
  const orphans = new Orphans({
    door: doorOf(file),
    roster: workers,
    fateOf: () => 'retire',
    adopt: () => false,
    isArriving: () => false,
    release: () => {},
    drained: (drained) => narrator.tell({ type: 'retired', ...drained }, { apps: [] }).forEach(say),
    say,
  });
  void orphans.find();
  await Promise.all([orphans.end(), programsOf(file).endLeftovers()]);
  workers.tidy();
}
