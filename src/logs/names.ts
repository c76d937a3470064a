/** How log files are called: one for each slot, and what a rotation makes of them. */
import path from 'node:path';

/** `out.log` of slot 2 is `out-2.log`. */
export function nameOfSlot(file: string, slot: number): string {
  const { dir, name, ext } = path.parse(file);
  return path.join(dir, `${name}-${slot}${ext}`);
}

/** A rotated file: `out.log.20261122T183000123Z`, then with `.gz`. */
export interface Rotated {
  /** The moment of the rotation, as ms since the epoch: later ones are younger. */
  readonly at: number;
  /** Absolute, of each form that is there: plain, compressed, or what is left of a compression that broke off. */
  readonly files: readonly string[];
}

/** What stands between the name of a log file and `.gz`. */
export function rotatedName(file: string, at: number): string {
  return `${file}.${new Date(at).toISOString().replaceAll(/[-:.]/g, '')}`;
}

export const GZIP = '.gz';
export const PART = '.gz.part';

/** The rotated files of `file` among the `names` in its folder, the youngest first. */
export function rotatedFiles(file: string, names: readonly string[]): Rotated[] {
  const folder = path.dirname(file);
  const prefix = `${path.basename(file)}.`;
  const found = new Map<number, string[]>();
  for (const name of names) {
    const at = name.startsWith(prefix) ? momentOf(name.slice(prefix.length)) : null;
    if (at !== null) found.set(at, [...(found.get(at) ?? []), path.join(folder, name)]);
  }
  return [...found].map(([at, files]) => ({ at, files })).sort((a, b) => b.at - a.at);
}

const STAMP = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z(\.gz(\.part)?)?$/;

function momentOf(text: string): number | null {
  const [, year, month, day, hour, minute, second, ms] = STAMP.exec(text) ?? [];
  if (year === undefined) return null;
  const at = Date.parse(
    `${year}-${month ?? ''}-${day ?? ''}T${hour ?? ''}:${minute ?? ''}:${second ?? ''}.${ms ?? ''}Z`,
  );
  return Number.isNaN(at) ? null : at;
}
