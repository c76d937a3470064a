/** Runs `validate` on files in a folder of its own. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll } from 'vitest';
import { validate, type ValidateFlags } from '../../src/cli/validate.ts';

export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

export type Run = (files: readonly string[], flags?: Partial<ValidateFlags>, stdin?: string) => Promise<Ran>;

/** Writes the files, and answers how to validate some of them. */
export function inFolder(
  files: Readonly<Record<string, string>>,
  env: Record<string, string> = {},
): { folder: string; run: Run } {
  const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-validate-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), text);
  }
  const run: Run = async (names, flags = {}, stdin = '') => {
    const told = { out: '', err: '' };
    const code = await validate(
      names,
      { format: 'text', strict: false, ...flags },
      {
        write: (text) => (told.out += text),
        writeError: (text) => (told.err += text),
        stdin: () => Promise.resolve(stdin),
        cwd: folder,
        env,
        color: false,
      },
    );
    return { code, ...told };
  };
  return { folder, run };
}
