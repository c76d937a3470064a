/** Whoever starts a file by another path than the one it runs by already may not have meant a second supervisor. */
import { namesakesOf, namesakeText } from '../control/same-file.ts';
import type { Line } from '../model/notice.ts';

/** Says so, for each; what is to be run is run all the same. */
export async function sayNamesakes(
  file: string,
  view: { readonly say: (line: Line) => void },
): Promise<void> {
  for (const namesake of await namesakesOf(file).catch(() => []))
    view.say({ level: 'bad', text: namesakeText(file, namesake) });
}
