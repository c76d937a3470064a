/** Flags and arguments that several commands have. */
import { InvalidArgumentError, type Command } from 'commander';
import { milliseconds } from '../../shared/units.ts';
import { findFile, noFile } from '../files.ts';

const list = (value: string): string[] => value.split(',').map((name) => name.trim());

export function withSelection(command: Command): Command {
  return command
    .option('--env <name>', 'merge the env_<name> block of each app over its env')
    .option('--only <apps>', 'only these apps, separated by commas', list);
}

export function withFileFlag(command: Command): Command {
  return command.option('-f, --file <file>', 'the ecosystem file, if it is not in this folder');
}

/** For commands that wait until nothing is under way. */
export function withTimeout(command: Command): Command {
  return command.option('--timeout <duration>', 'wait no longer than this (30s, 5m); exit 1 then', duration);
}

function duration(text: string): number {
  if (!/^\d+(\.\d+)?(ms|s|m|h)?$/.test(text))
    throw new InvalidArgumentError('a duration is 1500ms, 30s, 5m or 1h.');
  return milliseconds(/^\d+$/.test(text) ? Number(text) : text);
}

/** Runs a command with the file that was named, or found; its result is the exit code. */
export async function withFile(
  named: string | undefined,
  run: (file: string) => Promise<number>,
): Promise<void> {
  const file = findFile(named);
  if (file === null) process.stderr.write(`cluster-up: ${noFile()}\n`);
  process.exitCode = file === null ? 1 : await run(file);
}
