/** `cluster-up import FILE`: the YAML for a configuration of PM2. The only command that runs a JavaScript config. */
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPlain, writeEcosystem } from '../config/write/write-ecosystem.ts';
import { evaluate, EvaluationError } from './import/evaluate.ts';
import { withVariables, type Imported } from './import/variables.ts';

export interface ImportFlags {
  readonly output?: string;
}

/** What the command needs of its process. */
export interface ImportIo {
  readonly write: (text: string) => void;
  readonly writeError: (text: string) => void;
  readonly cwd: string;
}

/** Resolves with the exit code. */
export async function importFile(
  name: string,
  flags: ImportFlags,
  io: ImportIo = processIo(),
): Promise<number> {
  // A whole path needs no folder to be in, and that may be gone.
  const resolve = (given: string): string => (path.isAbsolute(given) ? given : path.resolve(io.cwd, given));
  const file = resolve(name);
  try {
    const imported = /\.[cm]?[jt]s$/.test(file) ? await fromScript(file) : await fromData(file);
    const folder = path.dirname(file);
    const target = resolve(flags.output ?? file);
    const away = { path: '', text: `Paths are relative to ${folder}: the file belongs there.` };
    const notes = path.dirname(target) === folder ? imported.notes : [...imported.notes, away];
    const yaml = writeEcosystem({ ...imported, notes }, path.basename(file), folder);
    if (flags.output === undefined) io.write(yaml);
    else {
      // Never over a file that exists.
      await writeFile(target, yaml, { flag: 'wx' });
      io.writeError(
        `cluster-up: wrote ${flags.output}; look at its comments, then: cluster-up validate ${flags.output}\n`,
      );
    }
    return 0;
  } catch (error) {
    io.writeError(`cluster-up: ${explain(error, name, flags)}\n`);
    return 1;
  }
}

/** Run twice, without variables and with marked ones, to see where the file uses them. */
async function fromScript(file: string): Promise<Imported> {
  const [plain, marked] = [await evaluate(file, 'unset'), await evaluate(file, 'marked')];
  return withVariables(plain, marked);
}

async function fromData(file: string): Promise<Imported> {
  const { value, problem } = readPlain(await readFile(file, 'utf8'), file);
  if (problem !== null) throw new EvaluationError(problem);
  return { value, notes: [] };
}

function explain(error: unknown, name: string, { output }: ImportFlags): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT') return `there is no file ${name}`;
  if (code === 'EEXIST') return `${output ?? ''} exists already, and is left as it is`;
  return `${name} cannot be imported: ${message}`;
}

function processIo(): ImportIo {
  return {
    write: (text) => process.stdout.write(text),
    writeError: (text) => process.stderr.write(text),
    get cwd() {
      return process.cwd();
    },
  };
}
