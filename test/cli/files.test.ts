import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { findFile, workingFolder } from '../../src/cli/files.ts';

/** A release, and `current` that leads to it. */
function deployed(): { readonly real: string; readonly current: string } {
  const folder = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'cluster-up-files-')));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const [real, current] = [path.join(folder, 'v1'), path.join(folder, 'current')];
  mkdirSync(real);
  symlinkSync('v1', current);
  writeFileSync(path.join(real, 'ecosystem.yml'), '');
  return { real, current };
}

describe('the working directory', () => {
  it('is the path by which the shell came there', () => {
    const { real, current } = deployed();
    expect(workingFolder(real, current)).toBe(current);
    expect(findFile(undefined, () => workingFolder(real, current))).toBe(path.join(current, 'ecosystem.yml'));
  });

  it.each([
    ['nothing', undefined],
    ['another folder', os.tmpdir()],
    ['a folder that is not there', '/nowhere'],
    ['a relative path', '.'],
  ])('is the real one where PWD is %s', (_what, taken) => {
    const { real } = deployed();
    expect(workingFolder(real, taken)).toBe(real);
  });

  it('is the real one where PWD goes up from a link', () => {
    const { real } = deployed();
    expect(workingFolder(real, `${real}/../current`)).toBe(real);
  });
});
