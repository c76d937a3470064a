/** Commands that show what runs. */
import { InvalidArgumentError, type Command } from 'commander';
import type { LogsFlags } from '../logs.ts';
import type { LsFlags } from '../ls.ts';
import type { RemoteFlags } from '../remote.ts';
import { withFileFlag } from './shared.ts';

export function addLookCommands(root: Command): void {
  addState(root);
  addLogs(root);
  addMeasures(root);
}

function addState(root: Command): void {
  withFileFlag(root.command('ls').aliases(['list', 'status', 'ps']))
    .description('what runs, a line per worker')
    .option('--json', 'as JSON', false)
    .option('--watch', 'again every second', false)
    .option('--all', 'of every supervisor of yours', false)
    .option('--exit-code', 'exit 2 if not all is as the file asks', false)
    .action(async (flags: LsFlags) => {
      const { ls } = await import('../ls.ts');
      process.exitCode = await ls(flags);
    });

  withFileFlag(root.command('show'))
    .argument('<app>', 'an app, or the id of one of its workers')
    .description('everything about one app')
    .option('--json', 'as JSON', false)
    .action(async (app: string, flags: RemoteFlags & { json: boolean }) => {
      const { show } = await import('../show.ts');
      process.exitCode = await show(app, flags);
    });

  withFileFlag(root.command('releases'))
    .argument('<app>', 'an app that has a source')
    .description('the releases that rollback can go back to, the newest first')
    .option('--json', 'as JSON', false)
    .action(async (app: string, flags: RemoteFlags & { json: boolean }) => {
      const { listReleases } = await import('../list-releases.ts');
      process.exitCode = await listReleases(app, flags);
    });
}

function addLogs(root: Command): void {
  root
    .command('logs')
    .argument('[app]', 'one app; all without it')
    .description('the last lines of output')
    // -f is "follow" here, as everywhere; the file has only its long name.
    .option('--file <file>', 'the ecosystem file')
    .option('-f, --follow', 'go on with new lines as they come', false)
    .option('-n, --lines <n>', 'how many of the last lines', wholeNumber, 20)
    .option('--err', 'only stderr', false)
    .option('--out', 'only stdout', false)
    .option('--since <when>', 'only lines since then: an age such as 10m, or a date')
    .option('--json', 'a JSON object per line', false)
    .option('--reopen', 'show nothing; open the log files anew after they were moved away', false)
    .action(async (app: string | undefined, flags: LogsFlags) => {
      const { logs } = await import('../logs.ts');
      process.exitCode = await logs(app, flags);
    });
}

function addMeasures(root: Command): void {
  root
    .command('metrics')
    .argument('[file]', 'the ecosystem file')
    .description('what is measured, in the text format of Prometheus')
    .action(async (file: string | undefined) => {
      const { metrics } = await import('../metrics.ts');
      process.exitCode = await metrics(file);
    });

  withFileFlag(root.command('top'))
    .description('what runs, live and full screen')
    .action(async (flags: RemoteFlags) => {
      const { top } = await import('../top.ts');
      process.exitCode = await top(flags);
    });
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}
