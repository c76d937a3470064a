/** The report in the format that was asked for. Each format is loaded only when it is. */
import { count } from '../model/text.ts';
import { displayPath, type Checked, type FileReport } from './report-files.ts';

export const FORMATS = ['text', 'json', 'github', 'sarif', 'junit'] as const;
export type Format = (typeof FORMATS)[number];

export interface RenderFlags {
  readonly format: Format;
  /** Warnings fail too. */
  readonly strict: boolean;
}

export interface RenderIo {
  readonly cwd: string;
  readonly color: boolean;
}

export async function render(
  checked: readonly Checked[],
  { format, strict }: RenderFlags,
  io: RenderIo,
): Promise<string> {
  const files: readonly FileReport[] = checked;
  switch (format) {
    case 'text':
      return (await Promise.all(checked.map((file) => text(file, io)))).join('');
    case 'github': {
      const { reportGithub } = await import('./report-github.ts');
      return checked
        .map((file) => `${reportGithub(file.diagnostics, io.cwd)}${summary(file, io.cwd)}\n`)
        .join('');
    }
    case 'json':
      return (await import('./report-json.ts')).reportJson(files);
    case 'junit':
      return (await import('./report-junit.ts')).reportJunit(files, strict, io.cwd);
    case 'sarif': {
      const [{ reportSarif }, { version }] = await Promise.all([
        import('./report-sarif.ts'),
        import('../supervisor/version.ts'),
      ]);
      return reportSarif(files, version, io.cwd);
    }
  }
}

async function text(file: Checked, io: RenderIo): Promise<string> {
  const [first] = file.loads;
  const last = `${summary(file, io.cwd)}\n`;
  if (first === undefined || file.diagnostics.length === 0) return last;
  const { reportText } = await import('./report-text.ts');
  const texts = new Map(file.loads.flatMap(({ loaded }) => [...loaded.texts]));
  const told = reportText(file.diagnostics, first.loaded.text, { color: io.color, cwd: io.cwd, texts });
  return `${told}\n${last}`;
}

/** `ecosystem.yml is valid: 3 apps, 1 warning.` */
function summary({ file, valid, loads, diagnostics }: Checked, cwd: string): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const desired = loads.length === 1 ? (loads[0]?.loaded.desired ?? null) : null;
  const counts = [
    ...(desired === null ? [] : [count(desired.apps.length, 'app')]),
    ...(loads.length > 1 ? [count(loads.length, 'environment')] : []),
    ...(errors > 0 ? [count(errors, 'error')] : []),
    ...(warnings > 0 ? [count(warnings, 'warning')] : []),
  ];
  return `${displayPath(file, cwd)} is ${valid ? 'valid' : 'not valid'}: ${counts.join(', ')}.`;
}

/** `--print-config`: one YAML document for each file and environment; those with errors are left out. */
export async function renderConfigs(checked: readonly Checked[], cwd: string): Promise<string> {
  const { printConfig } = await import('../config/write/print-apps.ts');
  return checked
    .flatMap(({ file, loads }) =>
      loads.flatMap(({ env, loaded }) => {
        if (loaded.desired === null) return [];
        const under = env === undefined ? '' : ` under --env ${env}`;
        return [`# ${displayPath(file, cwd)}${under}\n${printConfig(loaded.checked)}`];
      }),
    )
    .join('---\n');
}
