/** `--format github`: workflow commands, which GitHub shows beside the line of a pull request. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { displayPath } from './report-files.ts';

export function reportGithub(diagnostics: readonly Diagnostic[], cwd?: string): string {
  return diagnostics.map((diagnostic) => `${workflowCommand(diagnostic, cwd)}\n`).join('');
}

function workflowCommand(
  { code, severity, message, hint, file, start, end }: Diagnostic,
  cwd?: string,
): string {
  const properties = {
    file: displayPath(file, cwd),
    line: start.line,
    col: start.column,
    endLine: end.line,
    endColumn: end.column,
    title: code,
  };
  const pairs = Object.entries(properties).map(([key, value]) => `${key}=${escapeProperty(String(value))}`);
  return `::${severity} ${pairs.join(',')}::${escapeData(hint === null ? message : `${message} ${hint}`)}`;
}

function escapeData(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function escapeProperty(text: string): string {
  return escapeData(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
