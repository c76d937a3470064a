/**
 * Text that others wrote (a file, a package.json, a worker, a client), made safe to show: it must not steer the terminal,
 * nor look like something else than it is. What apps print goes through as it is; all that we say goes through here.
 */

/** Control characters; line separators; marks of direction, which reorder what is seen. */
// eslint-disable-next-line no-control-regex -- control characters are what is replaced
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/** Each character stays one column wide. */
export function printable(text: string): string {
  return text.replaceAll('\t', ' ').replace(HARMFUL, '\ufffd');
}

/** The same of several lines. */
export function printableLines(text: string): string {
  return text.split('\n').map(printable).join('\n');
}

/** JSON for people and programs: what a terminal would obey is escaped, which changes nothing of what it means. */
export function jsonText(value: unknown, indent?: number): string {
  const escaped = (char: string): string => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`;
  // What JSON.stringify leaves as it is; line ends are its own.
  return JSON.stringify(value, null, indent).replace(HARMFUL, (char) =>
    char === '\n' ? char : escaped(char),
  );
}
