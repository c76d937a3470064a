/** Files that are watched later than the first one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { watchFiles } from '../../src/supervisor/watch.ts';

const PATIENCE = { timeout: 10_000 };

test('a file that has just been read is looked at again once it is watched, and at each edit', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const [main, part] = ['main.yml', 'part.yml'].map((name) => path.join(folder, name)) as [string, string];
  for (const file of [main, part]) writeFileSync(file, 'one');
  const changed = vi.fn();
  const watcher = await watchFiles([main], changed);
  onTestFinished(() => watcher.close());
  watcher.add([main]);
  watcher.add([main, part]);
  await vi.waitFor(() => expect(changed).toHaveBeenCalled(), PATIENCE);
  changed.mockClear();
  watcher.add([main, part]);
  writeFileSync(part, 'two');
  await vi.waitFor(() => expect(changed).toHaveBeenCalled(), PATIENCE);
});
