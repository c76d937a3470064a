/**
 * Text that others wrote (a file, a package.json, a worker, a client), made safe to show: it must not steer the terminal,
 * nor look like something else than it is. What apps print goes through as it is; all that we say goes through here.
 */

/**
 * Control characters, halves of characters, line separators; and what is not seen: marks of direction, which reorder what
 * is, and the like, which make two names look the same. Joiners and variation selectors are part of words and emoji.
 */
const HARMFUL =
  /(?!\u200c|\u200d|[\ufe00-\ufe0f])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufff9-\ufffb]/gu;

/** Each character stays one column wide. */
export function printable(text: string, mark = '\ufffd'): string {
  return text.replaceAll('\t', ' ').replace(HARMFUL, mark);
}

/** The same of several lines. */
export function printableLines(text: string): string {
  return text
    .split('\n')
    .map((line) => printable(line))
    .join('\n');
}

/** JSON for people and programs: what a terminal would obey is escaped, which changes nothing of what it means. */
export function jsonText(value: unknown, indent?: number): string {
  // What JSON.stringify leaves as it is; line ends are its own.
  return JSON.stringify(value, null, indent).replace(HARMFUL, (char) =>
    char === '\n' ? char : char.split('').map(escaped).join(''),
  );
}

/** Of one UTF-16 unit. */
function escaped(unit: string): string {
  return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
