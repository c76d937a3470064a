/** Calls back whenever a cron line says so. Far-off dates, DST and changes of the clock are the library's business. */
import { croner } from '../shared/lazy.ts';
import type { CronSpec } from '../model/spec.ts';

/** Something that goes on until it is closed. */
export interface Closable {
  readonly close: () => void;
}

/** @param due called at each time that the line names; a line that no date fits never calls. */
export function schedule({ line, timeZone }: CronSpec, due: () => void): Closable {
  const { Cron } = croner();
  const job = new Cron(line, timeZone === null ? {} : { timezone: timeZone }, () => due());
  return { close: () => job.stop() };
}
