/** `cluster-up completion bash|zsh|fish`: a script that completes commands, flags and the names of apps. */
import type { Command } from 'commander';
import { inTurns } from '../files/calls.ts';
import { readBounded } from '../files/read.ts';
import { bashScript } from './completion-bash.ts';
import { describeProgram } from './completion-commands.ts';
import { fishScript } from './completion-fish.ts';
import { zshScript } from './completion-zsh.ts';
import { findFile } from './files.ts';

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

export const SHELLS: readonly string[] = Object.keys(SCRIPTS);

/** Prints the script for a shell, made from the commands of `root`. Resolves with the exit code. */
export function completion(
  root: Command,
  shell: string | undefined,
  write: (text: string) => unknown = (text) => process.stdout.write(text),
): number {
  if (shell === undefined || !Object.hasOwn(SCRIPTS, shell)) {
    const what = shell === undefined ? 'name a shell' : `there is no completion for ${shell}`;
    process.stderr.write(`cluster-up: ${what}: ${SHELLS.join(', ')}\n`);
    return 2;
  }
  write(SCRIPTS[shell as keyof typeof SCRIPTS](describeProgram(root)));
  return 0;
}

/** No ecosystem file is larger, in bytes. */
const MOST = 1024 * 1024;

/** Prints the names of the file's apps, one a line; none where there is no file, since a prompt is no place to complain. */
export async function completeApps(
  named: string | undefined,
  write: (text: string) => unknown = (text) => process.stdout.write(text),
): Promise<number> {
  const { appNames } = await import('../config/edit/edit-apps.ts');
  const file = findFile(named);
  const bytes = file === null ? null : await inTurns(readBounded(file, MOST)).catch(() => null);
  if (file === null || bytes === null) return 0;
  const text = Buffer.from(bytes).toString();
  // A name with a line break in it would be two.
  const names = appNames(text, { file, variables: process.env }).filter((name) => !/\p{Cc}/u.test(name));
  write(names.map((name) => `${name}\n`).join(''));
  return 0;
}
