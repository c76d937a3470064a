/** What a command fails of that is no fault of ours: one sentence, and no stack. */
import { ControlError } from '../control/client.ts';
import { UnsafeFolder } from '../control/paths.ts';
import { printableLines } from './printable.ts';

/** Null for anything else, which is to be found by its stack. */
export function failureText(error: unknown): string | null {
  if (error instanceof ControlError || error instanceof UnsafeFolder) return printableLines(error.message);
  // Of the system: a file, a folder or a process that it refuses.
  if (!(error instanceof Error) || !('syscall' in error)) return null;
  if (error.syscall === 'uv_cwd')
    return 'the folder that you are in is not there any more: go to another, or name files by their whole path';
  return printableLines(error.message);
}
