/** Where an app's output is written, and how. */
import { join } from 'node:path';
import type { LogRotation, LogSpec } from '../../model/logging.ts';
import { absolute } from '../read/home-path.ts';
import type { AppContext } from './context.ts';
import { bytes, milliseconds } from '../../shared/units.ts';

/** What PM2 puts before each line where only `time` is written. */
const TIME = 'YYYY-MM-DDTHH:mm:ss';

export function readLogs({ app, options }: AppContext, cwd: string, name: string): LogSpec {
  const file = (written: string | boolean | undefined): string | null => {
    if (written === true) return join(cwd, 'logs', `${name.replaceAll(/[^\w.-]/g, '-')}.log`);
    if (written === undefined || written === false || NO_FILE.has(written)) return null;
    return absolute(cwd, written, options);
  };
  return {
    out: file(app.out_file),
    err: file(app.error_file),
    all: file(app.log_file),
    merge: app.merge_logs ?? false,
    json: app.log_type === 'json',
    dateFormat: dateFormat(app.log_date_format, app.time ?? false),
    rotation: readRotation(app.log_rotation ?? true),
    disabled: app.disable_logs ?? false,
  };
}

/** PM2's ways to write that there is none. */
const NO_FILE: ReadonlySet<string> = new Set(['', 'NULL', '/dev/null']);

function dateFormat(written: string | boolean | undefined, time: boolean): string | null {
  if (typeof written === 'string' && written !== '') return written;
  return written === true || time ? TIME : null;
}

const MAX_SIZE = bytes('10M');

type Written = NonNullable<AppContext['app']['log_rotation']>;

function readRotation(written: Written): LogRotation | null {
  if (written === false) return null;
  const { max_size, max_age, keep, compress } = written === true ? {} : written;
  return {
    maxSize: max_size === undefined ? MAX_SIZE : bytes(max_size),
    maxAge: max_age === undefined ? null : milliseconds(max_age),
    keep: keep ?? 10,
    compress: compress ?? true,
  };
}
