/** What supervisors of a file have left running when they died, as long as nobody has taken it over. */
import { socketOf } from '../../control/find.ts';
import type { Line } from '../../model/notice.ts';
import type { Leftover } from './leftover.ts';
import { PidFile } from './pid-file.ts';

/** The programs in fork mode of the file. */
export function programsOf(file: string, say?: (line: Line) => void): PidFile {
  return new PidFile(`${socketOf(file)}.pids`, say);
}

/** Its workers in cluster mode. */
export function workersOf(file: string, say?: (line: Line) => void): PidFile {
  return new PidFile(`${socketOf(file)}.workers`, say);
}

/** All that live; they are nobody's only where no supervisor runs the file. */
export function leftBehind(file: string): readonly Leftover[] {
  return [...programsOf(file).left, ...workersOf(file).left];
}
