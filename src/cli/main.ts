#!/usr/bin/env node
/** The command line: which command, which flags, which exit code. The commands are loaded when they are called. */
import { readFileSync } from 'node:fs';
import { Command, CommanderError, Option } from 'commander';
import { findFile, noFile } from './load.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

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

function program(): Command {
  const root = new Command('cluster-up')
    .description('Runs the apps of an ecosystem file as clusters and follows every edit of it.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see cluster-up --help)');

  withSelection(root.command('up', { isDefault: true }))
    .argument('[file]', 'the ecosystem file')
    .description('make it so, keep it so, follow every edit (the default command)')
    .option('--no-watch', 'do not follow edits of the file')
    .action(async (file: string | undefined, flags: Selection & { watch: boolean }) => {
      const { up } = await import('./up.ts');
      await withFile(file, (found) => up(found, flags));
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
