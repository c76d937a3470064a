#!/usr/bin/env node
/** The command line: which command, which flags, which exit code. The commands are loaded when they are called. */
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { findFile, noFile } from './files.ts';
import type { LogsFlags } from './logs.ts';
import type { LsFlags } from './ls.ts';
import type { RemoteFlags } from './remote.ts';
import type { SteerFlags } from './steer.ts';
import type { UpFlags } from './up.ts';
import { version } from '../supervisor/version.ts';

/** Wrong usage. Every other failure is 1. */
const USAGE = 2;

interface Selection {
  env?: string;
  only?: string[];
}

const list = (value: string): string[] => value.split(',').map((name) => name.trim());

function withSelection(command: Command): Command {
  return command
    .option('--env <name>', 'merge the env_<name> block of each app over its env')
    .option('--only <apps>', 'only these apps, separated by commas', list);
}

function withFileFlag(command: Command): Command {
  return command.option('-f, --file <file>', 'the ecosystem file, if it is not in this folder');
}

function withSteerFlags(command: Command): Command {
  return withFileFlag(command).option('--silent', 'show only what goes wrong', false);
}

function wholeNumber(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function program(): Command {
  const root = new Command('cluster-up')
    .description('Runs the apps of an ecosystem file as clusters and follows every edit of it.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see cluster-up --help)');

  withSelection(root.command('up', { isDefault: true }))
    .argument('[file]', 'the ecosystem file')
    .description('make it so, keep it so, follow every edit (the default command)')
    .option('-d, --detach', 'run in the background; return once converged', false)
    .option('--wait', 'the same as -d', false)
    .option('--silent', 'show only what goes wrong', false)
    .option('--no-watch', 'do not follow edits of the file')
    .option('--plan-id <id>', 'apply only if this plan still holds')
    .addOption(new Option('--background').hideHelp())
    .action(async (file: string | undefined, flags: UpFlags & { detach: boolean; wait: boolean }) => {
      if (flags.detach || flags.wait) {
        const { upInBackground } = await import('./background.ts');
        return withFile(file, (found) => upInBackground(found, flags));
      }
      const { up } = await import('./up.ts');
      return withFile(file, (found) => up(found, flags));
    });

  root
    .command('validate')
    .argument('[files...]', 'ecosystem files; - is standard input')
    .description('check files without running anything')
    .addOption(new Option('--format <format>', 'how to report').choices(['text', 'json', 'github']).default('text'))
    .option('--strict', 'warnings fail too', false)
    .option('--env <name>', 'check with this env_<name> block')
    .action(async (files: string[], flags: { format: 'text' | 'json' | 'github'; strict: boolean; env?: string }) => {
      const { validate } = await import('./validate.ts');
      if (files.length > 0) process.exitCode = await validate(files, flags);
      else await withFile(undefined, (found) => validate([found], flags));
    });

  withSelection(root.command('plan'))
    .argument('[file]', 'the ecosystem file')
    .description('show what up would do and why')
    .option('--json', 'as JSON', false)
    .option('--exit-code', 'exit 2 if there is something to do, 0 if not', false)
    .action(async (file: string | undefined, flags: Selection & { json: boolean; exitCode: boolean }) => {
      const { plan } = await import('./plan.ts');
      await withFile(file, (found) => plan(found, flags));
    });

  withFileFlag(root.command('ls').aliases(['list', 'status', 'ps']))
    .description('what runs, a line per worker')
    .option('--json', 'as JSON', false)
    .option('--watch', 'again every second', false)
    .option('--all', 'of every supervisor of yours', false)
    .action(async (flags: LsFlags) => {
      const { ls } = await import('./ls.ts');
      process.exitCode = await ls(flags);
    });

  withFileFlag(root.command('show'))
    .argument('<app>', 'an app, or the id of one of its workers')
    .description('everything about one app')
    .option('--json', 'as JSON', false)
    .action(async (app: string, flags: RemoteFlags & { json: boolean }) => {
      const { show } = await import('./show.ts');
      process.exitCode = await show(app, flags);
    });

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
    .action(async (app: string | undefined, flags: LogsFlags) => {
      const { logs } = await import('./logs.ts');
      process.exitCode = await logs(app, flags);
    });

  const steering = [
    ['reload', 'replace the workers one after the other, without losing a request'],
    ['restart', 'replace all workers at once'],
    ['stop', 'run no worker until start'],
    ['start', 'run the workers again after stop'],
  ] as const;
  for (const [op, description] of steering) {
    withSteerFlags(root.command(op))
      .argument('<app>', 'an app, or all')
      .description(description)
      .action(async (app: string, flags: SteerFlags) => {
        const { steer } = await import('./steer.ts');
        process.exitCode = await steer(op, app, flags);
      });
  }

  withSteerFlags(root.command('rollback'))
    .argument('<app>', 'an app')
    .description('go back to the last revision that was stable, until the file changes')
    .action(async (app: string, flags: SteerFlags) => {
      const { rollback } = await import('./steer.ts');
      process.exitCode = await rollback(app, flags);
    });

  withSteerFlags(root.command('down'))
    .description('drain everything and end the supervisor')
    .action(async (flags: SteerFlags) => {
      const { down } = await import('./steer.ts');
      process.exitCode = await down(flags);
    });

  return root;
}

async function withFile(named: string | undefined, run: (file: string) => Promise<number>): Promise<void> {
  const file = findFile(named);
  if (file === null) process.stderr.write(`cluster-up: ${noFile()}\n`);
  process.exitCode = file === null ? 1 : await run(file);
}

try {
  await program().parseAsync();
} catch (error) {
  // commander has printed its message already; --help and --version come this way too, with exit code 0.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE;
}
