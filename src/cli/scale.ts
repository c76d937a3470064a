/** `cluster-up scale APP N|+N|-N`: writes the count into the ecosystem file, so that the file stays the truth. */
import { randomBytes } from 'node:crypto';
import { open, readFile, realpath, rename, stat, unlink, type FileHandle } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { editCount, type Change } from '../config/edit/edit-count.ts';
import { disk, MAX_SIZE, loadEcosystem, parseEcosystem, type LoadOptions } from '../config/load-ecosystem.ts';
import { ControlError } from '../control/client.ts';
import { UnsafeFolder } from '../control/paths.ts';
import { inTurns } from '../files/calls.ts';
import { readBounded } from '../files/read.ts';
import { connectTo } from '../control/find.ts';
import type { AppSpec } from '../model/spec.ts';
import { applyToRunning, type WaitFlags } from './apply.ts';
import { displayPath } from './report-text.ts';

/** What the command needs of its process. */
export interface ScaleIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly cores: number;
  readonly env: NodeJS.ProcessEnv;
}

/** Changes the file and applies it to the supervisor that runs it, if one does. Resolves with the exit code. */
export async function scale(
  file: string,
  app: string,
  amount: string,
  flags: WaitFlags = {},
  io: ScaleIo = processIo(),
): Promise<number> {
  const fail = (message: string): number => {
    io.err(`cluster-up: ${message}\n`);
    return 1;
  };
  const change = parseAmount(amount);
  if (change === null) {
    return fail(
      `"${amount}" is no number of workers: give a whole number (4), or what to add or take away (+2, -1)`,
    );
  }
  const text = await readText(file, io);
  if (typeof text !== 'string') return fail(`${displayPath(file)}: ${text.error}`);
  const edited = editCount(text, app, change, io.cores, { file, variables: io.env });
  if ('error' in edited) return fail(edited.error);
  const meaning = meaningOf(app, file, [text, edited.text], edited.to, io);
  if (meaning.refusal !== null) return fail(meaning.refusal);
  try {
    if (edited.text !== text) await replaceFile(file, text, edited.text);
  } catch (error) {
    return fail(`${displayPath(file)} was not changed: ${(error as Error).message}`);
  }
  io.out(`${app}: ${edited.from} → ${edited.to} (${displayPath(file)})\n`);
  if (meaning.entersCluster) {
    io.out(
      `${app} runs in cluster mode from now on: with \`instances\` that is the default for Node's scripts\n`,
    );
  }
  return converge(file, flags, io).catch((error: unknown) => {
    if (error instanceof ControlError || error instanceof UnsafeFolder) return fail(error.message);
    throw error;
  });
}

/** `4`, `+2` or `-1`, and nothing else. */
function parseAmount(amount: string): Change | null {
  if (!/^[+-]?\d{1,9}$/.test(amount)) return null;
  return /^[+-]/.test(amount) ? { by: Number(amount) } : { set: Number(amount) };
}

/** The text of the file, or what `validate` would say of one that cannot be read. */
async function readText(file: string, io: ScaleIo): Promise<string | { error: string }> {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      await inTurns(readBounded(file, MAX_SIZE)),
    );
  } catch (error) {
    const { diagnostics } = await loadEcosystem(file, loadOptions(io));
    return { error: diagnostics[0]?.message ?? (error as Error).message };
  }
}

function loadOptions({ cores, env }: ScaleIo): LoadOptions {
  return { cores, processEnv: env, nodeVersion: process.version, missingScript: 'warning' };
}

/** What the edit means, which only reading the whole ecosystem can tell; nothing is said of one that is not valid. */
interface Meaning {
  /** What it would do besides, for which it is refused; null if nothing. */
  readonly refusal: string | null;
  readonly entersCluster: boolean;
}

function meaningOf(
  app: string,
  file: string,
  texts: readonly [string, string],
  to: number,
  io: ScaleIo,
): Meaning {
  const [before, after] = texts.map(
    (text) => parseEcosystem(text, path.resolve(file), { ...loadOptions(io), files: disk }).desired?.apps,
  );
  if (before === undefined || after === undefined) return { refusal: null, entersCluster: false };
  const find = (apps: readonly AppSpec[], name: string): AppSpec | undefined =>
    apps.find((other) => other.name === name);
  const others = after.filter(({ name, instances, revision }) => {
    const was = find(before, name);
    return name !== app && (was?.instances !== instances || was.revision !== revision);
  });
  const names = others.map(({ name }) => name).join(', ');
  const is = find(after, app);
  const entersCluster = find(before, app)?.process.mode === 'fork' && is?.process.mode === 'cluster';
  if (names !== '')
    return {
      refusal: `that would also change ${names}: give each \`instances\` of its own first`,
      entersCluster,
    };
  const isOverruled = is !== undefined && is.instances !== to;
  return {
    refusal: isOverruled ? `the count of ${app} is overruled elsewhere: it would be ${is.instances}` : null,
    entersCluster,
  };
}

async function converge(file: string, flags: WaitFlags, { out, env }: ScaleIo): Promise<number> {
  const client = await connectTo(file, env);
  if (client !== null) return applyToRunning(client, flags);
  out('nothing runs this file now: `cluster-up` will start that many\n');
  return 0;
}

/**
 * Nobody ever sees half of it, not even after a crash. A symbolic link stays one: the file that it leads to is
 * replaced. `was` is what the change was made from: an edit that came between is not undone.
 */
async function replaceFile(file: string, was: string, text: string): Promise<void> {
  const target = await realpath(file);
  const { mode, uid, gid } = await stat(target);
  const temporary = path.join(
    path.dirname(target),
    `.${path.basename(target)}.${randomBytes(6).toString('hex')}.tmp`,
  );
  const handle = await open(temporary, 'wx', mode & 0o777);
  try {
    try {
      await handle.writeFile(text);
      await ownAs(handle, uid, gid);
      // After the owner, since a change of owner resets the bits of a file's mode; and past the umask.
      await handle.chmod(mode & 0o7777);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // As bytes: reading as text would drop a byte order mark.
    if (!(await readFile(target)).equals(Buffer.from(was))) {
      throw new Error('somebody else has just changed it; try again');
    }
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => {});
    throw error;
  }
}

/** Only root may give files away; anyone else keeps what they may. */
async function ownAs(handle: FileHandle, uid: number, gid: number): Promise<void> {
  const now = await handle.stat();
  if (now.uid === uid && now.gid === gid) return;
  await handle.chown(uid, gid).catch(() => {});
}

function processIo(): ScaleIo {
  return {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text),
    cores: os.availableParallelism(),
    env: process.env,
  };
}
