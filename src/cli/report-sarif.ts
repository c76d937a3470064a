/** `--format sarif`: SARIF 2.1.0, which code scanning services read. */
import path from 'node:path';
import { CODES, type Code } from '../config/diagnostics/codes.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { documentation, type FileReport } from './report-files.ts';
import { jsonText } from './printable.ts';

const SCHEMA = 'https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json';

/** Paths are relative to `cwd`, which is the root of the sources for whoever reads the report. */
export function reportSarif(files: readonly FileReport[], version: string, cwd: string): string {
  const found = files.flatMap(({ diagnostics }) => diagnostics);
  const codes = [...new Set(found.map(({ code }) => code))].sort();
  const log = {
    $schema: SCHEMA,
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'cluster-up', semanticVersion: version, rules: codes.map(rule) } },
        columnKind: 'utf16CodeUnits',
        artifacts: files.map(({ file }) => ({ location: location(file, cwd) })),
        results: found.map((diagnostic) => result(diagnostic, codes, cwd)),
      },
    ],
  };
  return `${jsonText(log, 2)}\n`;
}

function rule(code: string): object {
  const { title, about, severity } = CODES[code as Code];
  return {
    id: code,
    shortDescription: { text: title },
    fullDescription: { text: about },
    help: { text: `See ${documentation(code)} of the package cluster-up.` },
    defaultConfiguration: { level: severity },
  };
}

function result(diagnostic: Diagnostic, codes: readonly string[], cwd: string): object {
  const { code, severity, message, hint, file, start, end } = diagnostic;
  return {
    ruleId: code,
    ruleIndex: codes.indexOf(code),
    level: severity,
    message: { text: hint === null ? message : `${message} ${hint}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: location(file, cwd),
          region: {
            startLine: start.line,
            startColumn: start.column,
            endLine: end.line,
            endColumn: end.column,
            charOffset: start.offset,
            charLength: end.offset - start.offset,
          },
        },
      },
    ],
  };
}

function location(file: string, cwd: string): object {
  const relative = path.relative(cwd, file);
  const outside = relative.startsWith('..') || path.isAbsolute(relative);
  const segments = (outside ? file : relative).split(path.sep).map(encodeURIComponent).join('/');
  return outside ? { uri: `file://${segments}` } : { uri: segments, uriBaseId: '%SRCROOT%' };
}
