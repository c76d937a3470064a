/** `cluster-up validate [FILE…]`: checks files without running anything. */
import os from 'node:os';
import path from 'node:path';
import { disk, loadEcosystem, parseEcosystem, type Loaded, type LoadOptions } from '../config/load.ts';
import { displayPath, reportGithub, reportJson, reportText } from './report.ts';
import { wantsColor } from './style.ts';

export interface ValidateFlags {
  readonly format: 'text' | 'json' | 'github';
  /** Warnings fail too. */
  readonly strict: boolean;
  readonly env?: string;
}

/** What the command needs of its process. */
export interface ValidateIo {
  readonly write: (text: string) => void;
  readonly stdin: () => Promise<string>;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly color: boolean;
}

interface Checked extends Loaded {
  readonly file: string;
  readonly valid: boolean;
}

/** Reports on each file, and resolves with the exit code: 0 if all are valid, else 1. */
export async function validate(
  files: readonly string[],
  flags: ValidateFlags,
  io: ValidateIo = processIo(),
): Promise<number> {
  const checked: Checked[] = [];
  for (const file of files) checked.push(await checkFile(file, flags, io));
  io.write(render(checked, flags, io));
  return checked.every(({ valid }) => valid) ? 0 : 1;
}

async function checkFile(name: string, flags: ValidateFlags, io: ValidateIo): Promise<Checked> {
  const options: LoadOptions = {
    ...(flags.env === undefined ? {} : { envName: flags.env }),
    cores: os.availableParallelism(),
    processEnv: io.env,
    nodeVersion: process.version,
    // CI often validates before the build.
    missingScript: 'warning',
  };
  const file = path.resolve(io.cwd, name === '-' ? 'stdin' : name);
  const loaded =
    name === '-'
      ? parseEcosystem(await io.stdin(), file, { ...options, files: disk })
      : await loadEcosystem(file, options);
  const valid = loaded.desired !== null && !(flags.strict && loaded.diagnostics.length > 0);
  return { ...loaded, file, valid };
}

function render(checked: readonly Checked[], { format }: ValidateFlags, io: ValidateIo): string {
  if (format === 'json') {
    return reportJson(checked.map(({ file, valid, diagnostics }) => ({ file, valid, diagnostics })));
  }
  return checked
    .map(({ diagnostics, text, ...rest }) => {
      const told =
        format === 'github'
          ? reportGithub(diagnostics, io.cwd)
          : reportText(diagnostics, text, { color: io.color, cwd: io.cwd });
      const gap = format === 'text' && told !== '' ? '\n' : '';
      return `${told}${gap}${summary({ diagnostics, text, ...rest }, io.cwd)}\n`;
    })
    .join('');
}

/** `ecosystem.yml is valid: 3 apps, 1 warning.` */
function summary({ file, valid, desired, diagnostics }: Checked, cwd: string): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const counts = [
    ...(desired === null ? [] : [count(desired.apps.length, 'app')]),
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  return `${displayPath(file, cwd)} is ${valid ? 'valid' : 'not valid'}: ${counts.join(', ')}.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}

function processIo(): ValidateIo {
  return {
    write: (text) => process.stdout.write(text),
    stdin: readStdin,
    cwd: process.cwd(),
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
