/** Text of unknown origin, made to fit a place on the screen and to do nothing but be read. */
import { stripVTControlCharacters } from 'node:util';
import { printable } from '../printable.ts';

/** Takes no column of its own, or in some terminals one. */
const INVISIBLE = /[\p{Cf}\p{Variation_Selector}]/gu;
/** Nobody knows how many columns it takes. */
const UNCERTAIN = /[\p{Cn}\p{Co}]/gu;

/** Without escape sequences, and with a dot for each other character that a terminal would obey, or has no certain width. */
export function harmless(text: string): string {
  const plain = stripVTControlCharacters(text).replaceAll('\t', '  ').replace(INVISIBLE, '');
  return printable(plain, DOT).replace(UNCERTAIN, DOT);
}

const DOT = '·';

/** Blocks of East Asian characters (Unicode's EastAsianWidth.txt, W and F), and emoji. */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{17000}-\u{18cff}\u{1b000}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const COMBINING = /\p{M}/u;

/** Columns that harmless text takes. Where terminals differ, the wider: too short a line does no harm. */
export function widthOf(text: string): number {
  let width = 0;
  for (const char of text) width += charWidth(char);
  return width;
}

function charWidth(char: string): number {
  if (char < '\u0300') return 1;
  if (COMBINING.test(char)) return 0;
  return WIDE.test(char) ? 2 : 1;
}

/** Exactly `width` columns: harmless, cut with an ellipsis or padded. */
export function fit(text: string, width: number, right = false): string {
  const short = cut(text, width);
  const padding = ' '.repeat(Math.max(0, width - widthOf(short)));
  return right ? padding + short : short + padding;
}

/** At most `width` columns. */
export function cut(text: string, width: number): string {
  const clean = harmless(text);
  if (widthOf(clean) <= width) return clean;
  let result = '';
  let used = 0;
  for (const char of clean) {
    used += charWidth(char);
    if (used > width - 1) break;
    result += char;
  }
  return width > 0 ? `${result}…` : '';
}
