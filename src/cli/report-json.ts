/** `--format json`: schemas/report.schema.json describes it, and a test holds the two together. */
import { documentation, type FileReport } from './report-files.ts';
import { jsonText } from './printable.ts';

/** Raised when a reader of the report would have to change. */
const VERSION = 1;

export function reportJson(files: readonly FileReport[]): string {
  const all = files.flatMap(({ diagnostics }) => diagnostics);
  const errors = all.filter(({ severity }) => severity === 'error').length;
  const report = {
    version: VERSION,
    valid: files.every(({ valid }) => valid),
    errors,
    warnings: all.length - errors,
    files: files.map(({ file, valid, diagnostics }) => ({
      file,
      valid,
      diagnostics: diagnostics.map((one) => ({ ...one, documentation: documentation(one.code) })),
    })),
  };
  return `${jsonText(report, 2)}\n`;
}
