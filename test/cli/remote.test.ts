/** What a command says where no supervisor runs its file. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { nothingRuns } from '../../src/cli/remote.ts';

test.each([true, false])('of a file that is there: %s', async (isThere) => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-remote-'));
  const said = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  onTestFinished(() => {
    said.mockRestore();
    rmSync(folder, { recursive: true });
  });
  const file = path.join(folder, 'ecosystem.yml');
  if (isThere) writeFileSync(file, 'apps: []');
  expect(await nothingRuns(file)).toBe(1);
  const text = isThere
    ? `nothing runs ${file}: start it with cluster-up up -d`
    : `there is no file ${file}, and nothing runs it`;
  expect(said).toHaveBeenCalledWith(`cluster-up: ${text}\n`);
});
