#!/usr/bin/env node
/** The command line. Each command's code is loaded when it is called. */
import { Command, CommanderError } from 'commander';
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

outliveReader();
try {
  await program().parseAsync();
} catch (error) {
  // commander has printed its message already; --help and --version come this way too, with exit code 0.
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? 0 : USAGE;
}
