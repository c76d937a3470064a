/** Diagnostics as text for people. */
import type { Diagnostic } from '../model/diagnostic.ts';
import { printable } from './printable.ts';
import { displayPath, documentation } from './report-files.ts';
import { styleFor, type Style } from './style.ts';

export { displayPath };

export interface ReportOptions {
  readonly color: boolean;
  /** Paths are shown relative to it. */
  readonly cwd?: string;
  /** Other files that a diagnostic may be in, by path, as `loadEcosystem` returned them. */
  readonly texts?: ReadonlyMap<string, string>;
}

/** How much of a long line is shown. */
const FRAME_WIDTH = 100;
/** More than this many in one file are counted, not shown: they rarely have different causes. */
const MAX_SHOWN = 50;

/** Each diagnostic with its line; `text` is the file as `loadEcosystem` returned it, with secrets masked. */
export function reportText(diagnostics: readonly Diagnostic[], text: string, options: ReportOptions): string {
  const style = styleFor(options.color);
  const own = text.split(/\r?\n/);
  const others = new Map([...(options.texts ?? [])].map(([file, other]) => [file, other.split(/\r?\n/)]));
  // Errors first: they are what a person has to look at.
  const ordered = [
    ...diagnostics.filter(({ severity }) => severity === 'error'),
    ...diagnostics.filter(({ severity }) => severity === 'warning'),
  ];
  const shown = ordered
    .slice(0, MAX_SHOWN)
    .map((diagnostic) => reportOne(diagnostic, others.get(diagnostic.file) ?? own, style, options));
  const rest = ordered.length - shown.length;
  return [...shown, ...(rest > 0 ? [`… and ${rest} more.\n`] : [])].join('\n');
}

function reportOne(
  diagnostic: Diagnostic,
  lines: readonly string[],
  style: Style,
  options: ReportOptions,
): string {
  const { code, severity, message, hint, start } = diagnostic;
  const place = `${displayPath(diagnostic.file, options.cwd)}:${start.line}:${start.column}`;
  const label = style(severity === 'error' ? ['bold', 'red'] : ['bold', 'yellow'], `${severity} ${code}`);
  const head = `${style('bold', printable(place))} ${label} ${printable(message)}\n`;
  const frame = lines.length === 1 && lines[0] === '' ? '' : codeFrame(diagnostic, lines, style);
  const advice = hint === null ? '' : `  ${style('cyan', 'hint:')} ${printable(hint)}\n`;
  return `${head}${frame}${advice}  ${style('dim', `see ${documentation(code)}`)}\n`;
}

/** The line and the one before it, the place underlined. */
function codeFrame({ start, end, severity }: Diagnostic, lines: readonly string[], style: Style): string {
  const width = String(start.line).length;
  const [before, line] = [lines[start.line - 2], lines[start.line - 1] ?? ''];
  const column = start.column - 1;
  // A long line is cut so that the place stays in sight.
  const from = column < FRAME_WIDTH - 20 ? 0 : column - FRAME_WIDTH / 2;
  const cut = (whole: string): string => {
    const part = whole.slice(from, from + FRAME_WIDTH);
    return `${from > 0 && part !== '' ? '…' : ''}${printable(part)}${whole.length > from + FRAME_WIDTH ? '…' : ''}`;
  };
  const last = end.line === start.line ? end.column - 1 : line.length;
  const length = Math.max(1, Math.min(last, from + FRAME_WIDTH) - column);
  const indent = ' '.repeat(column - from + (from > 0 ? 1 : 0));
  const marks = style(severity === 'error' ? 'red' : 'yellow', '^'.repeat(length));
  const gutter = (number: string): string => style('dim', `  ${number.padStart(width)} |`);
  const context =
    before === undefined ? '' : `${`${gutter(String(start.line - 1))} ${cut(before)}`.trimEnd()}\n`;
  return `${context}${gutter(String(start.line))} ${cut(line)}\n${gutter('')} ${indent}${marks}\n`;
}
