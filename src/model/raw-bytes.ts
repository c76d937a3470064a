/**
 * Output in other encodings than UTF-8, as text and back without loss: a byte that is no part of a character is a lone
 * surrogate, U+DC80 to U+DCFF, which no UTF-8 can have (Python's `surrogateescape`). Whatever shows text has U+FFFD there.
 */
import { isUtf8 } from 'node:buffer';

const ESCAPE = 0xdc00;
const LONE = /\p{Surrogate}/u;
const ESCAPED = /(?:\p{Surrogate})+/gu;
/** Of a character, in bytes. */
const LONGEST = 4;

/** From bytes that come in pieces to text; characters stay whole that arrive in two of them. */
export class BytesDecoder {
  #rest: Buffer = Buffer.alloc(0);

  write(bytes: Buffer): string {
    const all = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const cut = all.length - unfinished(all);
    this.#rest = Buffer.from(all.subarray(cut));
    return decode(all.subarray(0, cut));
  }

  /** What came of a character that was never finished. */
  end(): string {
    const text = decode(this.#rest);
    this.#rest = Buffer.alloc(0);
    return text;
  }
}

/** The very bytes that were decoded. */
export function encode(text: string): Buffer {
  if (!LONE.test(text)) return Buffer.from(text);
  const parts: Buffer[] = [];
  let from = 0;
  for (const { 0: escaped, index } of text.matchAll(ESCAPED)) {
    parts.push(Buffer.from(text.slice(from, index)));
    parts.push(Buffer.concat(escaped.split('').map(encodeUnit)));
    from = index + escaped.length;
  }
  return Buffer.concat([...parts, Buffer.from(text.slice(from))]);
}

/** Whether it has bytes in it that are no text. */
export function hasRaw(text: string): boolean {
  return LONE.test(text);
}

/** For whoever can only have text. */
export function asText(text: string): string {
  return hasRaw(text) ? text.replace(ESCAPED, (found) => '\ufffd'.repeat(found.length)) : text;
}

function encodeUnit(unit: string): Buffer {
  const byte = unit.charCodeAt(0) - ESCAPE;
  return byte >= 0x80 && byte <= 0xff ? Buffer.from([byte]) : Buffer.from(unit);
}

function decode(bytes: Buffer): string {
  if (isUtf8(bytes)) return bytes.toString('utf8');
  let text = '';
  let from = 0;
  for (let at = 0; at < bytes.length;) {
    const length = characterAt(bytes, at);
    if (length === 0) {
      text += bytes.toString('utf8', from, at) + String.fromCharCode(ESCAPE + (bytes[at] ?? 0));
      from = at + 1;
    }
    at += length || 1;
  }
  return text + bytes.toString('utf8', from);
}

/** How long the character is that begins there; 0 where none does. */
function characterAt(bytes: Buffer, at: number): number {
  const length = lengthFrom(bytes[at] ?? 0);
  return length === 1 ||
    (length > 1 && at + length <= bytes.length && isUtf8(bytes.subarray(at, at + length)))
    ? length
    : 0;
}

/** As its first byte says; 0 is said by none. */
function lengthFrom(first: number): number {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

/** How many bytes at the end begin a character that may go on in the next piece. */
function unfinished(bytes: Buffer): number {
  for (let back = 1; back < LONGEST && back <= bytes.length; back++) {
    const byte = bytes[bytes.length - back] ?? 0;
    if ((byte & 0xc0) === 0x80) continue;
    return lengthFrom(byte) > back ? back : 0;
  }
  return 0;
}
