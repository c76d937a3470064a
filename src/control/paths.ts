/** Where a supervisor's control socket is: found from the ecosystem file, by anyone of the same user. */
import { createHash } from 'node:crypto';
import { accessSync, constants, lstatSync, mkdirSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { atOnce } from '../files/calls.ts';
import { leave, placeOf } from '../files/place.ts';
import { orElse } from '../files/proc-fs.ts';
import { UnsafePath } from '../files/unsafe.ts';
import { messageOf } from '../model/text.ts';

/** The folder is not ours alone, so nothing in it can be trusted; the message says what to do. */
export class UnsafeFolder extends Error {}

/** A folder that may be used, and what is to be known of the one that was asked for if it is another. */
export interface Folder {
  readonly path: string;
  /** Why it is not that one, as a clause. */
  readonly instead: string | null;
}

/** The path of a socket has at most so many bytes, and its name in the folder no more than this. */
const [LONGEST, LONGEST_NAME] = [process.platform === 'linux' ? 107 : 103, 28];

/**
 * Where control sockets of this user may be, in the order in which they are looked at: `CLUSTER_UP_HOME`, `cluster-up` in
 * `XDG_RUNTIME_DIR` and where that usually is, and the user's own in folders for temporary files. Whoever started a
 * supervisor may have had another environment: cron, `su` and a service manager have none of these variables.
 */
export function usualFolders(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const runtime = uid() < 0 ? [] : [path.join('/run/user', String(uid()), 'cluster-up')];
  return [...new Set([...chosen(env), ...xdg(env), ...runtime, ...temporary()])];
}

/** Those of the usual folders that are there, and that nobody else can enter: what is in any other may be anybody's. */
export function knownFolders(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  return usualFolders(env).filter((folder) => fits(folder) && isPrivate(folder));
}

/** The folder for the control socket of a supervisor that is started now. @throws as `folderFor` */
export function runtimeFolder(env: NodeJS.ProcessEnv = process.env): string {
  return folderFor(env).path;
}

/**
 * The first that can be had, made with mode 0700 if need be. None of them is in `/run/user` unless that was asked for: it
 * ends with the last login.
 *
 * @throws UnsafeFolder where there is none that others could not put a socket of theirs into
 */
export function folderFor(env: NodeJS.ProcessEnv = process.env): Folder {
  const problems: string[] = [];
  for (const folder of [...chosen(env), ...xdg(env), ...temporary()]) {
    const problem = problemOfMade(folder);
    if (problem === null) return { path: folder, instead: problems[0] ?? null };
    problems.push(problem);
  }
  throw new UnsafeFolder(
    `there is no folder for the control socket: ${[...new Set(problems)].join('; ')}. Set CLUSTER_UP_HOME to one that only you can enter`,
  );
}

/** `CLUSTER_UP_HOME`; else, where others can enter it or a socket in it had too long a path, one inside or beside. */
function chosen(env: NodeJS.ProcessEnv): readonly string[] {
  const home = env['CLUSTER_UP_HOME'];
  if (!home) return [];
  const inside = path.resolve(home, `cluster-up-${uid()}`);
  return [path.resolve(home), inside, `${temporary()[0] ?? ''}-${nameFor(home)}`];
}

function xdg(env: NodeJS.ProcessEnv): readonly string[] {
  const folder = env['XDG_RUNTIME_DIR'];
  return folder ? [path.resolve(folder, 'cluster-up')] : [];
}

function temporary(): readonly string[] {
  return [...new Set([path.resolve(os.tmpdir()), '/tmp'])].map((folder) =>
    path.join(folder, `cluster-up-${uid()}`),
  );
}

function fits(folder: string): boolean {
  return Buffer.byteLength(folder) + LONGEST_NAME <= LONGEST;
}

/** Makes it; null where that can be used. */
function problemOfMade(folder: string): string | null {
  if (!fits(folder)) return `${folder} is longer than the path of a socket may be`;
  // As root nothing is left behind in what is another user's: in the XDG_RUNTIME_DIR that `su` has kept, for one.
  const parent = orElse(null, () => lstatSync(path.dirname(folder)));
  const isShared = parent !== null && (parent.mode & 0o1000) !== 0;
  if (uid() === 0 && parent !== null && parent.uid !== 0 && !isShared)
    return `${path.dirname(folder)} is another user's`;
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
    return null;
  } catch (error) {
    return error instanceof UnsafeFolder ? error.message : messageOf(error);
  }
}

/**
 * Makes it with mode 0700 if it is not there.
 *
 * @throws UnsafeFolder where others can enter it
 */
export function makeFolder(folder: string): void {
  makeAll(folder);
  const problem = problemOf(folder);
  if (problem !== null) throw new UnsafeFolder(problem);
}

/** With those on the way to it. Node's own way to do so never ends in a file system where none can be made, as /proc. */
function makeAll(folder: string): void {
  const make = (): unknown => mkdirSync(folder, { mode: 0o700 });
  try {
    make();
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : null;
    if (code === 'EEXIST') return;
    if (code !== 'ENOENT' || path.dirname(folder) === folder) throw error;
    makeAll(path.dirname(folder));
    make();
  }
}

/** It is there, and nobody else can put anything into it, or it in another's place. */
export function isPrivate(folder: string): boolean {
  return orElse(false, () => problemOf(folder) === null);
}

/** Why nothing in it can be trusted; null where it is ours alone. */
function problemOf(folder: string): string | null {
  const stats = lstatSync(folder);
  if (!stats.isDirectory() || (uid() >= 0 && stats.uid !== uid()) || (stats.mode & 0o077) !== 0)
    return `${folder} is no folder that only you can enter (chmod 700)`;
  // Whoever swaps it between two commands would have them talk to somebody else. Root's rights are worth that.
  if (uid() === 0 && isReplaceable(folder))
    return `${folder} can be replaced by another user, who may write a folder on the way to it`;
  return null;
}

function isReplaceable(folder: string): boolean {
  try {
    // As a folder on the way to what is in it.
    const place = atOnce(placeOf(path.join(folder, 'socket')));
    atOnce(leave(place));
    return place.fd !== null;
  } catch (error) {
    if (error instanceof UnsafePath) return true;
    throw error;
  }
}

/**
 * The name under which everything about `file` is kept. A file is known by the path that was given, made absolute, with
 * no symbolic link on the way resolved: `current/ecosystem.yml` stays the same one when `current` leads elsewhere.
 */
export function nameFor(file: string): string {
  return createHash('sha256').update(path.resolve(file)).digest('hex').slice(0, 16);
}

export function socketPath(folder: string, file: string): string {
  return path.join(folder, `${nameFor(file)}.sock`);
}

/** Where the workers of `file` wait if their supervisor dies: this, a dot and their process id. */
export function rendezvousPath(folder: string, file: string): string {
  return path.join(folder, nameFor(file));
}

/** Of this process; it need not have a name. */
function uid(): number {
  return process.getuid?.() ?? -1;
}
