/** `cluster-up logs`: the last lines of the apps' output, and new ones as they come. */
import type { LogLine } from '../model/control.ts';
import { count } from '../model/text.ts';
import { Console } from './console.ts';
import { endWithReader } from './lost-reader.ts';
import { fail, withSupervisor, type RemoteFlags } from './remote.ts';
import { jsonText } from './printable.ts';

export interface LogsFlags extends RemoteFlags {
  readonly follow: boolean;
  readonly lines: number;
  readonly json: boolean;
  readonly err: boolean;
  readonly out: boolean;
  /** An age (`10m`) or a moment that `Date.parse` reads. */
  readonly since?: string;
  /** Only has the log files opened anew. */
  readonly reopen: boolean;
}

export function logs(app: string | undefined, flags: LogsFlags): Promise<number> {
  if (flags.reopen) return reopen(flags);
  const since = flags.since === undefined ? null : moment(flags.since);
  if (Number.isNaN(since)) {
    return Promise.resolve(fail(`--since takes an age such as 10m or a date, not "${flags.since ?? ''}"`));
  }
  const view = new Console();
  if (flags.follow) endWithReader();
  return withSupervisor(flags, async (client) => {
    const stream = flags.err === flags.out ? null : flags.err ? 'err' : 'out';
    const args = { app: app ?? null, lines: flags.lines, follow: flags.follow, stream, since } as const;
    await client.call('logs', args, (item) => show(item as LogLine | { dropped: number }, flags.json, view));
    return 0;
  });
}

function reopen(flags: LogsFlags): Promise<number> {
  return withSupervisor(flags, async (client) => {
    const { files } = await client.call('reopen', {});
    process.stdout.write(`${count(files, 'log file')} reopened\n`);
    return 0;
  });
}

function show(item: LogLine | { dropped: number }, json: boolean, view: Console): void {
  if (json) process.stdout.write(`${jsonText(item)}\n`);
  else if ('dropped' in item)
    view.say({ level: 'bad', text: `${item.dropped} lines were written faster than you read` });
  else view.output(item.app, item.slot, item.stream, [item.text]);
}

const UNITS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Ms since the epoch; NaN if it is neither an age nor a date. */
function moment(text: string): number {
  const age = /^(\d+)([smhd])$/.exec(text);
  if (age === null) return Date.parse(text);
  return Math.max(0, Date.now() - Number(age[1]) * UNITS[age[2] as keyof typeof UNITS]);
}
