/** `cluster-up validate [FILE…]`: checks files without running anything. */
import path from 'node:path';
import { loadEcosystem, parseEcosystem, type Loaded, type LoadOptions } from '../config/load-ecosystem.ts';
import { disk } from '../config/machine/real-files.ts';
import { thisMachine } from '../config/machine/this-machine.ts';
import { workingFolderOrRoot } from './files.ts';
import { expandGlobs } from './globs.ts';
import type { Checked } from './report-files.ts';
import { acrossEnvironments, chooseEnvironments } from './validate-environments.ts';
import { render, renderConfigs, type RenderFlags, type RenderIo } from './validate-render.ts';
import { wantsColor } from './style.ts';

export interface ValidateFlags extends RenderFlags {
  /** Check with these `env_<name>` blocks and profiles; `all` is each that the file has, and none. */
  readonly env?: readonly string[];
  /** Print what the files mean, instead of what they say. */
  readonly printConfig?: boolean;
}

/** What the command needs of its process. */
export interface ValidateIo extends RenderIo {
  readonly write: (text: string) => void;
  /** For the report where standard output has the configuration. */
  readonly writeError: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** Reports on each file, and resolves with the exit code: 0 if all are valid, else 1. */
export async function validate(
  files: readonly string[],
  flags: ValidateFlags,
  io: ValidateIo = processIo(),
): Promise<number> {
  const names = await expandGlobs(files, io.cwd);
  const checked: Checked[] = [];
  for (const name of names) checked.push(await checkFile(name, flags, io));
  const report = await render(checked, flags, io);
  if (flags.printConfig === true) {
    io.write(await renderConfigs(checked, io.cwd));
    io.writeError(report);
  } else io.write(report);
  return checked.length > 0 && checked.every(({ valid }) => valid) ? 0 : 1;
}

async function checkFile(name: string, flags: ValidateFlags, io: ValidateIo): Promise<Checked> {
  const file = path.resolve(io.cwd, name === '-' ? 'stdin' : name);
  const text = name === '-' ? await io.stdin() : null;
  // CI often validates before the build.
  const machine = { ...thisMachine(), processEnv: io.env, missingScript: 'warning' } as const;
  const load = (env: string | undefined): Promise<Loaded> => {
    const options: LoadOptions = { ...machine, ...(env === undefined ? {} : { envName: env }) };
    if (text === null) return loadEcosystem(file, options);
    return Promise.resolve(parseEcosystem(text, file, { ...options, files: disk }));
  };
  const loads = await chooseEnvironments(flags.env ?? [], load);
  const diagnostics = acrossEnvironments(loads);
  const sound = loads.every(({ loaded }) => loaded.desired !== null);
  return { file, loads, diagnostics, valid: sound && !(flags.strict && diagnostics.length > 0) };
}

function processIo(): ValidateIo {
  return {
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    stdin: readStdin,
    cwd: workingFolderOrRoot(),
    env: process.env,
    color: wantsColor(process.stdout),
  };
}

/** All of standard input, but no more than shows that it is too much. */
async function readStdin(): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of process.stdin as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > 2 * 1024 * 1024) break;
  }
  return Buffer.concat(chunks).toString('utf8');
}
