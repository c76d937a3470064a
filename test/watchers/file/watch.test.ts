/** Real folders: what is watched on the way to a file, and when it is watched anew. */
import {
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
  type FSWatcher,
} from 'node:fs';
import { EventEmitter } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { watchPlaces } from '../../../src/watchers/file/watch.ts';
import { wayTo } from '../../../src/watchers/file/way.ts';

const PATIENCE = { timeout: 10_000 };

let folder = '';
const at = (...names: string[]): string => path.join(folder, ...names);

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-watch-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  mkdirSync(at('app'));
  writeFileSync(at('app/main.yml'), 'one');
});

describe('the way', () => {
  const print = async (file = 'app/main.yml'): Promise<string> => (await wayTo([at(file)])).print;

  test('is the same while nothing changes, whatever else happens in the folders', async () => {
    const before = await print();
    writeFileSync(at('app/other.yml'), 'two');
    writeFileSync(at('other.yml'), 'two');
    expect(await print()).toBe(before);
  });

  test.each<[string, () => void]>([
    ['written', () => writeFileSync(at('app/main.yml'), 'one more')],
    ['replaced', () => replace('app/main.yml', 'one')],
    ['removed', () => rmSync(at('app/main.yml'))],
    ['touched', () => utimesSync(at('app/main.yml'), 1, 1)],
    [
      'of another folder',
      () => {
        renameSync(at('app'), at('old'));
        mkdirSync(at('app'));
        // The very same file.
        renameSync(at('old/main.yml'), at('app/main.yml'));
      },
    ],
  ])('is another when the file is %s', async (_how, change) => {
    const before = await print();
    change();
    expect(await print()).not.toBe(before);
  });

  test('sees content that changes behind a size and times that are kept', async () => {
    utimesSync(at('app/main.yml'), 1, 1);
    const before = await print();
    await until(10);
    writeFileSync(at('app/main.yml'), 'two');
    utimesSync(at('app/main.yml'), 1, 1);
    expect(await print()).not.toBe(before);
  });

  test('leads through links of files and folders, absolute and relative', async () => {
    symlinkSync('app', at('current'));
    symlinkSync(at('current/../current/main.yml'), at('main.yml'));
    const { print: before, isBroken, places } = await wayTo([at('main.yml')]);
    expect(isBroken).toBe(false);
    expect([...places].map(([name, { names }]) => [name, names === null ? null : [...names].sort()])).toEqual(
      [
        [folder, ['current', 'main.yml']],
        [at('app'), ['main.yml']],
        [at('app/main.yml'), null],
      ],
    );
    mkdirSync(at('next'));
    symlinkSync('next', at('swap'));
    renameSync(at('swap'), at('current'));
    const after = await wayTo([at('main.yml')]);
    expect(after.print).not.toBe(before);
    expect(after.isBroken).toBe(true);
  });

  test.each([
    ['to itself', 'loop'],
    ['to nothing', 'nothing'],
    ['through a file', 'app/main.yml/x'],
  ])('of a link %s is broken, and nothing worse', async (_what, target) => {
    symlinkSync(target, at('loop'));
    expect((await wayTo([at('loop')])).isBroken).toBe(true);
    expect((await wayTo([at('loop/further')])).isBroken).toBe(true);
  });

  test('to the root is one too', async () => {
    expect((await wayTo(['/'])).places.size).toBe(0);
  });
});

describe('the watch', () => {
  test('tells of edits, and not of other files', async () => {
    const { changed, arm } = watching();
    await arm('app/main.yml');
    writeFileSync(at('app/other.yml'), 'two');
    writeFileSync(at('app/main.yml'), 'two');
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), PATIENCE);
    // Events come in their order: those of the other file were not told.
    const calls = changed.mock.calls.length;
    writeFileSync(at('app/other.yml'), 'three');
    replace('app/main.yml', 'three');
    await vi.waitFor(() => expect(changed.mock.calls.length).toBeGreaterThan(calls), PATIENCE);
  });

  test('tells of edits in a folder that has replaced another', async () => {
    const { changed, arm } = watching();
    await arm('app/main.yml');
    renameSync(at('app'), at('old'));
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), PATIENCE);
    mkdirSync(at('app'));
    writeFileSync(at('app/main.yml'), 'two');
    await arm('app/main.yml');
    await quiet(changed);
    writeFileSync(at('app/main.yml'), 'three');
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), PATIENCE);
    await quiet(changed);
    // And of none in the one that is somewhere else now.
    writeFileSync(at('old/main.yml'), 'two');
    replace('app/main.yml', 'four');
    await vi.waitFor(() => expect(changed).toHaveBeenCalled(), PATIENCE);
  });

  test('where the system has no watch left, or takes one back: told once until all is watched again', async () => {
    const watchers: EventEmitter[] = [];
    let isFull = true;
    const failed = vi.fn();
    const watch = watchPlaces(
      () => {},
      failed,
      () => {
        if (isFull) throw Object.assign(new Error('ENOSPC: no space'), { code: 'ENOSPC' });
        const watcher = Object.assign(new EventEmitter(), { close: () => {} });
        watchers.push(watcher);
        return watcher as unknown as FSWatcher;
      },
    );
    const { places } = await wayTo([at('app/main.yml')]);
    watch.arm(places);
    watch.arm(places);
    expect(failed).toHaveBeenCalledTimes(1);
    isFull = false;
    watch.arm(places);
    expect(watchers).toHaveLength(2);
    watchers[0]?.emit('error', new Error('EMFILE'));
    expect(failed).toHaveBeenCalledTimes(2);
    watch.arm(places);
    expect(watchers).toHaveLength(3);
  });

  test('of what has gone since it was looked at says nothing', async () => {
    const failed = vi.fn();
    const watch = watchPlaces(() => {}, failed);
    onTestFinished(() => watch.close());
    const { places } = await wayTo([at('app/main.yml')]);
    rmSync(at('app'), { recursive: true });
    watch.arm(places);
    expect(failed).not.toHaveBeenCalled();
  });
});

function watching() {
  const changed = vi.fn();
  const failed = vi.fn();
  const watch = watchPlaces(changed, failed);
  onTestFinished(() => {
    watch.close();
    expect(failed).not.toHaveBeenCalled();
  });
  const arm = async (name: string): Promise<void> => watch.arm((await wayTo([at(name)])).places);
  return { changed, arm };
}

function replace(name: string, text: string): void {
  writeFileSync(at(`${name}.new`), text);
  renameSync(at(`${name}.new`), at(name));
}

/** Of the clock of the file system, in ms. */
function until(ms: number): Promise<unknown> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** What has happened before has been told. */
async function quiet(changed: ReturnType<typeof vi.fn>): Promise<void> {
  let before = -1;
  while (changed.mock.calls.length !== before) {
    before = changed.mock.calls.length;
    await until(50);
  }
  changed.mockClear();
}
