/** `--format junit`: a test suite per file, a test case per problem, which every CI server can show. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { displayPath, documentation, type FileReport } from './report-files.ts';

/** With `strict`, warnings fail too. */
export function reportJunit(files: readonly FileReport[], strict: boolean, cwd: string): string {
  const suites = files.map((report) => suite(report, strict, cwd));
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="cluster-up validate">\n${suites.join('')}</testsuites>\n`;
}

function suite({ file, diagnostics }: FileReport, strict: boolean, cwd: string): string {
  const name = attribute(displayPath(file, cwd));
  const cases = diagnostics.map((diagnostic) => testCase(diagnostic, strict, cwd));
  const passed = `    <testcase classname="${name}" name="valid"/>\n`;
  const failures = diagnostics.filter((diagnostic) => fails(diagnostic, strict)).length;
  const head = `  <testsuite name="${name}" tests="${Math.max(1, cases.length)}" failures="${failures}" errors="0">\n`;
  return `${head}${cases.length === 0 ? passed : cases.join('')}  </testsuite>\n`;
}

function testCase(diagnostic: Diagnostic, strict: boolean, cwd: string): string {
  const { code, severity, message, hint, file, start } = diagnostic;
  const place = `${displayPath(file, cwd)}:${start.line}:${start.column}`;
  const open = `    <testcase classname="${attribute(displayPath(file, cwd))}" name="${attribute(`${code} at ${start.line}:${start.column}`)}"`;
  const details = content(
    [`${place} ${severity} ${code}: ${message}`, ...(hint === null ? [] : [hint]), documentation(code)].join(
      '\n',
    ),
  );
  const inner = fails(diagnostic, strict)
    ? `<failure type="${code}" message="${attribute(message)}">${details}</failure>`
    : `<system-out>${details}</system-out>`;
  return `${open}>\n      ${inner}\n    </testcase>\n`;
}

function fails({ severity }: Diagnostic, strict: boolean): boolean {
  return severity === 'error' || strict;
}

/** XML has no way to write most control characters. */
function content(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;');
}

function attribute(text: string): string {
  return content(text)
    .replaceAll('"', '&quot;')
    .replace(/[\t\n\r]/g, ' ');
}
