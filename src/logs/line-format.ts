/** What a line of output looks like in a log file. */
import type { LogSpec } from '../model/logging.ts';
import type { Launch } from '../workers/handle.ts';
import { asText } from '../model/raw-bytes.ts';
import { formatDate } from './date.ts';

/** A line is `begin`, its text as `body` makes it, piece by piece where it is long, and `end`. */
export interface LineFormat {
  readonly begin: string;
  readonly body: (text: string) => string;
  readonly end: string;
}

const asIs = (text: string): string => text;
const inQuotes = (text: string): string => JSON.stringify(asText(text)).slice(1, -1);

/** The format of lines that come at `now`. With `log_type: json`, the keys are PM2's, and `slot`. */
export function lineFormat(
  { json, dateFormat }: LogSpec,
  { id, slot, spec }: Launch,
  stream: 'out' | 'err',
  now: number,
): LineFormat {
  if (!json) {
    return { begin: dateFormat === null ? '' : `${formatDate(now, dateFormat)}: `, body: asIs, end: '\n' };
  }
  const rest = {
    timestamp: dateFormat === null ? new Date(now).toISOString() : formatDate(now, dateFormat),
    type: stream,
    process_id: id,
    app_name: spec.name,
    slot,
  };
  return { begin: '{"message":"', body: inQuotes, end: `",${JSON.stringify(rest).slice(1)}\n` };
}
