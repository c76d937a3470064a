#!/usr/bin/env node
/** The command line. Each command's code is loaded when it is called. */
import { Command, CommanderError } from 'commander';
import { isForWant } from '../files/reserve.ts';
import { version } from '../supervisor/version.ts';
import { addFileCommands } from './commands/file.ts';
import { addLookCommands } from './commands/look.ts';
import { addRunCommands } from './commands/run.ts';
import { addSteerCommands } from './commands/steer.ts';
import { outliveReader } from './lost-reader.ts';

/** Wrong usage. Every other failure is 1. */
const USAGE = 2;

function program(): Command {
  const root = new Command('cluster-up')
    .description('Runs the apps of an ecosystem file as clusters and follows every edit of it.')
    .version(version)
    .exitOverride()
    .showHelpAfterError('(see cluster-up --help)');
  addRunCommands(root);
  addLookCommands(root);
  addSteerCommands(root);
  addFileCommands(root);
  return root;
}

/** Said without loading anything, which is what has failed. */
const TOO_MANY = 'too many files are open: it takes about 128 to start (see ulimit -n)';

/** What is no fault of ours is one sentence. @throws anything else, which is to be found by its stack */
async function fail(error: unknown): Promise<void> {
  // Most commands do without it, and start sooner.
  const text = isForWant(error) ? TOO_MANY : (await import('./failure-text.ts')).failureText(error);
  if (text === null) throw error;
  process.stderr.write(`cluster-up: ${text}\n`);
  process.exitCode = 1;
}

outliveReader();
try {
  await program().parseAsync();
} catch (error) {
  // commander has printed its message already; --help and --version come this way too, with exit code 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE;
  else await fail(error);
}
