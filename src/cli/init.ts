/** `cluster-up init`: writes a first ecosystem.yml from what a folder says about its program. Runs nothing of it. */
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { disk, parseEcosystem, type LoadOptions } from '../config/load-ecosystem.ts';
import { thisMachine } from '../config/machine/this-machine.ts';
import { count } from '../model/text.ts';
import { Folder } from './init/folder.ts';
import { fromPm2, pm2File } from './init/pm2.ts';
import { look } from './init/sources.ts';
import { fileText } from './init/write.ts';

/** What the command needs of its process. */
export interface InitIo {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

const FILE = 'ecosystem.yml';

interface Proposal {
  readonly text: string;
  readonly source: string;
  readonly notes: readonly string[];
}

/** Asks nothing and overwrites nothing. Resolves with the exit code. */
export async function init(place: string, io: InitIo = processIo()): Promise<number> {
  const fail = (message: string): number => {
    io.err(`cluster-up: ${message}\n`);
    return 1;
  };
  const folder = new Folder(place);
  const names = await readdir(folder.path).catch(() => null);
  if (names === null) return fail(`${folder.path} is no folder that can be read`);
  const existing = [FILE, 'ecosystem.yaml'].find((name) => existsSync(path.join(folder.path, name)));
  if (existing !== undefined) return fail(`${existing} exists already, and was left as it is`);
  const proposal = propose(folder, names.sort());
  if ('error' in proposal) return fail(proposal.error);
  const file = path.join(folder.path, FILE);
  const { desired, diagnostics } = parseEcosystem(proposal.text, file, { ...loadOptions(), files: disk });
  if (desired === null) {
    const wrong = diagnostics.find(({ severity }) => severity === 'error');
    return fail(
      `nothing was written: what ${proposal.source} says makes no valid file. ${wrong?.message ?? ''}`,
    );
  }
  try {
    // Not even a file that has come since it was looked for is overwritten.
    await writeFile(file, proposal.text, { flag: 'wx' });
  } catch (error) {
    return fail(`${FILE} cannot be written: ${(error as Error).message}`);
  }
  io.out(`wrote ${FILE} with ${count(desired.apps.length, 'app')}, from ${proposal.source}\n`);
  const missing = diagnostics.filter(({ code }) => code.startsWith('CU16')).map(({ message }) => message);
  for (const note of [...proposal.notes, ...missing]) io.out(`note: ${note}\n`);
  io.out('next: look at it, then run cluster-up\n');
  return 0;
}

function propose(folder: Folder, names: readonly string[]): Proposal | { error: string } {
  const pm2 = pm2File(names);
  if (pm2 !== null) {
    const text = fromPm2(folder, pm2, loadOptions());
    return typeof text === 'string' ? { text, source: pm2, notes: [`${pm2} is needed no more`] } : text;
  }
  const findings = look(folder, names);
  return { text: fileText(findings), source: findings.source, notes: findings.notes };
}

function loadOptions(): LoadOptions {
  return {
    ...thisMachine(),
    processEnv: process.env,
    missingScript: 'warning',
  };
}

function processIo(): InitIo {
  return { out: (text) => process.stdout.write(text), err: (text) => process.stderr.write(text) };
}
