/** Output of any encoding, as text and back. */
import { expect, test } from 'vitest';
import { asText, BytesDecoder, encode } from '../../src/model/raw-bytes.ts';

/** In pieces of so many bytes. */
function decoded(bytes: Buffer, size: number): string {
  const decoder = new BytesDecoder();
  let text = '';
  for (let at = 0; at < bytes.length; at += size) text += decoder.write(bytes.subarray(at, at + size));
  return text + decoder.end();
}

const all: readonly [string, Buffer][] = [
  ['Latin-1', Buffer.from('caf\xe9 na\xefve\n', 'latin1')],
  ['UTF-16', Buffer.from('Grüße 😀', 'utf16le')],
  ['Shift JIS', Buffer.from([0x93, 0xfa, 0x96, 0x7b, 0x0a])],
  ['every byte', Buffer.from(Array.from({ length: 256 }, (_, i) => i))],
  ['halves of surrogates, as CESU-8 has them', Buffer.from([0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80])],
  ['a character that is cut off, after others', Buffer.from('ok €😀').subarray(0, -1)],
  ['UTF-8 with U+FFFD', Buffer.from('Ж € 😀 \ufffd')],
];

test.each(all)('%s goes through as it is, however it is cut', (_what, bytes) => {
  for (const size of [1, 2, 3, 5, 1000]) expect(encode(decoded(bytes, size)).equals(bytes)).toBe(true);
});

test('bytes of any kind go through', () => {
  const some = [0xf0, 0x9f, 0x98, 0x80, 0xc3, 0xa9, 0x41, 0xff];
  let seed = 1;
  const next = (): number => (seed = (seed * 48_271) % 2_147_483_647);
  for (let run = 0; run < 2000; run++) {
    const bytes = Buffer.from(Array.from({ length: next() % 12 }, () => some[next() % 8] ?? 0));
    expect(encode(decoded(bytes, 1 + (next() % 4))).equals(bytes)).toBe(true);
  }
});

test('what is text is only text, and the rest is one mark for each byte', () => {
  expect(decoded(Buffer.from('Ж 😀'), 1)).toBe('Ж 😀');
  expect(asText(decoded(Buffer.from('caf\xe9\xff!', 'latin1'), 3))).toBe('caf\ufffd\ufffd!');
});
