/** Text in columns, no wider than the terminal. */
import { printable } from './printable.ts';

export interface Column {
  readonly title: string;
  readonly right?: boolean;
}

/** Widths count code points, which is right for everything but wide East Asian characters and emoji. */
function width(text: string): number {
  return Array.from(text).length;
}

/**
 * Rows under their titles; where it would be wider than `limit`, the first column is shortened.
 *
 * @param style called with each padded cell, its row (-1 is the titles) and its column
 */
export function table(
  columns: readonly Column[],
  texts: readonly (readonly string[])[],
  limit: number,
  style: (cell: string, row: number, column: number) => string = (cell) => cell,
): string {
  const titles = columns.map(({ title }) => title);
  const rows = texts.map((cells) => cells.map((cell) => printable(cell)));
  const widths = columns.map((_, i) => Math.max(...[titles, ...rows].map((row) => width(row[i] ?? ''))));
  const gap = sum(widths) + 2 * (columns.length - 1) <= limit ? '  ' : ' ';
  const over = sum(widths) + gap.length * (columns.length - 1) - limit;
  if (over > 0) widths[0] = Math.max(4, (widths[0] ?? 0) - over);
  const line = (cells: readonly string[], row: number): string =>
    cells
      .map((cell, i) => style(fit(cell, widths[i] ?? 0, columns[i]?.right === true), row, i))
      .join(gap)
      .trimEnd();
  return [line(titles, -1), ...rows.map(line)].join('\n');
}

function fit(text: string, to: number, right: boolean): string {
  const short =
    width(text) > to
      ? `${Array.from(text)
          .slice(0, to - 1)
          .join('')}…`
      : text;
  const padding = ' '.repeat(to - width(short));
  return right ? padding + short : short + padding;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, n) => total + n, 0);
}
