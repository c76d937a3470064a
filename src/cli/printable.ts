/**
 * Text that others wrote (a file, a package.json, a worker, a client), made safe to show: it must not steer the terminal,
 * nor look like something else than it is. All that we say goes through here; of what apps print, what a terminal gets.
 */
import { stripVTControlCharacters } from 'node:util';
import { asText } from '../model/raw-bytes.ts';

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

const ESCAPE = '\u001b';
const COLORS = new RegExp(`(${ESCAPE}\\[[\\d;:]*m)`);
const NO_COLOR = `${ESCAPE}[0m`;

/** A line that an app has printed, for a terminal: with its colours, which end where it does, and no other sequence. */
export function withColors(line: string): string {
  const parts = line.split(COLORS);
  // A pattern with a group leaves what it has found at every second place.
  const shown = parts.map((part, i) => (i % 2 === 1 ? part : withoutControls(part))).join('');
  return parts.length > 1 ? `${shown}${NO_COLOR}` : shown;
}

function withoutControls(text: string): string {
  return asText(stripVTControlCharacters(text)).replaceAll(/(?!\t)\p{Cc}/gu, '\ufffd');
}

/** `printable` of several lines. */
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
