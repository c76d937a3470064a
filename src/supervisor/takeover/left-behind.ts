/** What supervisors of a file have left running when they died, as long as nobody has taken it over. */
import { rendezvousOf, socketOf } from '../../control/find.ts';
import { rendezvousPath, knownFolders, socketPath } from '../../control/paths.ts';
import type { Line } from '../../model/notice.ts';
import { IntentFile } from './intent-file.ts';
import type { Leftover } from './leftover.ts';
import { listedIn, PidFile } from './pid-file.ts';
import { markedOrphans, type Marked, type Mode } from '../../workers/mark.ts';

const ENDING = { fork: '.pids', cluster: '.workers' } as const;

/** The programs in fork mode of the file. */
export function programsOf(file: string, say: (line: Line) => void): PidFile {
  return listOf(file, 'fork', say);
}

/** Its workers in cluster mode. */
export function workersOf(file: string, say: (line: Line) => void): PidFile {
  return listOf(file, 'cluster', say);
}

/** For a supervisor that is started now; one that died may have had another environment, and so another folder. */
function listOf(file: string, mode: Mode, say: (line: Line) => void): PidFile {
  return new PidFile(`${socketOf(file)}${ENDING[mode]}`, say, () => leftOf(file, [mode], markedOrphans()));
}

/** What was asked for by hand. */
export function intentsOf(file: string, say: (line: Line) => void = () => {}): IntentFile {
  const own = socketOf(file);
  const others = knownFolders()
    .map((folder) => socketPath(folder, file))
    .filter((socket) => socket !== own);
  return new IntentFile(file, [intentsAt(own), ...others.map(intentsAt)], say);
}

function intentsAt(socket: string): string {
  return `${socket}.intents`;
}

/** All that live; they are nobody's only where no supervisor runs the file. Makes no folder. */
export function leftBehind(file: string): readonly Leftover[] {
  // To find them, all processes of the machine are looked at: once.
  return leftOf(file, ['fork', 'cluster'], markedOrphans());
}

/** Where its orphans wait: this, a dot and their process id. That of a supervisor that is started now comes first. */
export function waitingPlaces(file: string): readonly string[] {
  const usual = knownFolders().map((folder) => rendezvousPath(folder, file));
  const marked = markedOrphans().filter((one) => one.file === file);
  return [...new Set([rendezvousOf(file), ...usual, ...marked.map(({ rendezvous }) => rendezvous)])];
}

function leftOf(file: string, modes: readonly Mode[], marked: readonly Marked[]): readonly Leftover[] {
  const lists = knownFolders().flatMap((folder) =>
    modes.map((mode) => `${socketPath(folder, file)}${ENDING[mode]}`),
  );
  const all = [
    ...lists.flatMap(listedIn),
    ...marked.filter((one) => one.file === file && modes.includes(one.mode)),
  ];
  return [...new Map(all.map((one) => [one.pid, one])).values()];
}

/** How many of them live, by file; also those that another supervisor has taken over since. */
export function allLeftBehind(): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { file } of markedOrphans()) counts.set(file, (counts.get(file) ?? 0) + 1);
  return counts;
}
