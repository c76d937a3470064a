/** A folder where another user may write, beside one that is ours. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { us, type Us } from '../../src/files/trust.ts';

const isRoot = us.uid === 0;
const NOBODY = 65_534;

export interface Grounds {
  /** As whom to act: root takes another user's folder; without root, what is ours is taken for another's. */
  readonly who: Us;
  readonly theirs: (...names: readonly string[]) => string;
  readonly ours: (...names: readonly string[]) => string;
  /** Gives it to the other user. */
  readonly give: (file: string) => void;
  /** Files of ours by their content, which nobody may have changed. */
  readonly untouched: () => boolean;
}

export function grounds(): Grounds {
  const base = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'cluster-up-theirs-')));
  onTestFinished(() => rmSync(base, { recursive: true, force: true }));
  chmodSync(base, 0o755);
  const [theirs, ours] = [path.join(base, 'theirs'), path.join(base, 'ours')];
  mkdirSync(theirs);
  mkdirSync(ours, { mode: 0o700 });
  writeFileSync(path.join(ours, 'secret'), 'of root', { mode: 0o600 });
  const give = (file: string): void => {
    if (isRoot) chownSync(file, NOBODY, NOBODY);
  };
  give(theirs);
  return {
    who: isRoot ? us : { uid: 54_321, gid: 54_321 },
    theirs: (...names) => path.join(theirs, ...names),
    ours: (...names) => path.join(ours, ...names),
    give,
    untouched: () => readFileSync(path.join(ours, 'secret'), 'utf8') === 'of root',
  };
}
