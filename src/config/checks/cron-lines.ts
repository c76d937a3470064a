/** A cron line that cannot be read, or that no date fits. */
import { spanIn } from '../resolve/context.ts';
import type { CheckedApp } from '../resolve/context.ts';
import { croner } from '../../shared/lazy.ts';

export function checkCron({ context }: CheckedApp): void {
  const line = context.app.cron_restart;
  // As PM2: 0 is none.
  if (line === undefined || String(line) === '0') return;
  const span = spanIn(context, 'cron_restart');
  const { Cron } = croner();
  const zone = context.app.cron_timezone;
  if (zone !== undefined && !isTimeZone(zone)) {
    const message = `There is no time zone \`${zone}\`.`;
    const hint = 'Write its name in the IANA database, such as `Europe/Berlin` or `UTC`.';
    context.problems.add('CU1302', spanIn(context, 'cron_timezone'), message, hint);
    return;
  }
  try {
    const timezone = zone === undefined ? {} : { timezone: zone };
    const next = new Cron(String(line), { paused: true, ...timezone }).nextRun();
    if (next !== null) return;
  } catch (error) {
    const why = error instanceof Error ? error.message.replace(/^CronPattern: /, '') : '';
    const hint = 'Write five fields: minute, hour, day, month, weekday, as in `0 3 * * *`.';
    context.problems.add('CU1306', span, `This is no cron line: ${why.replace(/\.$/, '')}.`, hint);
    return;
  }
  const hint = 'Look at the day and the month: not every month has a 30th or 31st.';
  context.problems.add('CU1512', span, 'No date ever fits this cron line.', hint);
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
