/**
 * `fs.unlinkSync(path)` before `listen(path)`: right for an app that is alone, since the file of a process that was
 * killed is in its way. Here the supervisor holds the socket, and others serve on it: without its file, nobody finds
 * it. So an app that removes the file of a held socket is told that it is done, and it stays. One that is held has a
 * second name (`src/sockets/kept-name.ts`).
 */
import fs, { type Stats } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

type Remove = (file: unknown, ...rest: unknown[]) => unknown;
type Functions = Record<string, Remove>;

const { lstatSync } = fs;

/** Of all ways to remove one file that node:fs has. */
export function keepHeldNames(): void {
  if (process.platform === 'win32') return;
  const [sync, promises] = [fs, fs.promises] as unknown as Functions[];
  for (const name of ['unlink', 'rm']) {
    if (sync !== undefined) {
      wrap(sync, name, answerLater);
      wrap(sync, `${name}Sync`, () => undefined);
    }
    if (promises !== undefined) wrap(promises, name, () => Promise.resolve());
  }
  // For `import { unlinkSync } from 'node:fs'`.
  syncBuiltinESMExports();
}

function wrap(functions: Functions, name: string, done: (rest: readonly unknown[]) => unknown): void {
  const original = functions[name];
  if (original === undefined) return;
  const remove: Remove = (file, ...rest) => (isHeld(file) ? done(rest) : original(file, ...rest));
  functions[name] = Object.defineProperty(remove, 'name', { value: name });
}

function answerLater(rest: readonly unknown[]): void {
  const callback = rest.at(-1);
  if (typeof callback === 'function') process.nextTick(callback, null);
}

function isHeld(given: unknown): boolean {
  try {
    const file = path.resolve(given instanceof URL ? fileURLToPath(given) : String(given));
    const own = look(file);
    if (own?.isSocket() !== true || own.nlink < 2) return false;
    const second = look(path.join(path.dirname(file), `.${path.basename(file)}.held`));
    return second?.ino === own.ino && second.dev === own.dev;
  } catch {
    // Whatever is wrong with it, node:fs says.
    return false;
  }
}

function look(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}
