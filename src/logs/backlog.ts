/**
 * What is on its way to a file. Its buffers are used again and again: fresh ones would be garbage of 64 KB each, outside
 * of the JavaScript heap, and at full speed that piles up faster than it is collected.
 */
import { encode, hasRaw } from '../model/raw-bytes.ts';

/** In bytes. What is longer gets a buffer of its own. */
const SIZE = 64 * 1024;
/** So many that nobody uses are kept. */
const KEPT = 32;
/** Bytes that a UTF-16 code unit takes at most. */
const WIDEST = 3;

export const NEWLINE = 10;

/** Buffers for all files together. */
export class BufferPool {
  readonly #free: Buffer[] = [];

  take(size: number): Buffer {
    const known = size <= SIZE ? this.#free.pop() : undefined;
    return known ?? Buffer.allocUnsafeSlow(Math.max(size, SIZE));
  }

  giveBack(buffer: Buffer): void {
    if (buffer.length === SIZE && this.#free.length < KEPT) this.#free.push(buffer);
  }
}

interface Piece {
  readonly buffer: Buffer;
  length: number;
}

export class Backlog {
  readonly #pool: BufferPool;
  readonly #pieces: Piece[] = [];
  #bytes = 0;

  constructor(pool: BufferPool) {
    this.#pool = pool;
  }

  /** Bytes that have been taken and not written yet, also by whoever writes now. */
  get bytes(): number {
    return this.#bytes;
  }

  get isEmpty(): boolean {
    return this.#pieces.length === 0;
  }

  /** A text is never spread over two buffers. */
  add(text: string): void {
    if (hasRaw(text)) return this.#addBytes(encode(text));
    const last = this.#pieces.at(-1);
    const fits = last !== undefined && text.length * WIDEST <= last.buffer.length - last.length;
    const piece = fits ? last : this.#begin(text);
    const length = piece.buffer.write(text, piece.length);
    piece.length += length;
    this.#bytes += length;
  }

  #addBytes(bytes: Buffer): void {
    const piece = { buffer: this.#pool.take(bytes.length), length: bytes.length };
    bytes.copy(piece.buffer);
    this.#pieces.push(piece);
    this.#bytes += bytes.length;
  }

  /** Hands the oldest bytes to `use`, which may keep them until it resolves; false where there are none. */
  async next(use: (bytes: Buffer) => Promise<void>): Promise<boolean> {
    const piece = this.#pieces.shift();
    if (piece === undefined) return false;
    try {
      await use(piece.buffer.subarray(0, piece.length));
    } finally {
      this.#pool.giveBack(piece.buffer);
    }
    return true;
  }

  written(bytes: number): void {
    this.#bytes = Math.max(0, this.#bytes - bytes);
  }

  /** Drops all; returns how many lines that were. */
  drop(): number {
    const dropped = this.#pieces.splice(0);
    this.#bytes = 0;
    let lines = 0;
    for (const { buffer, length } of dropped) {
      lines += newlines(buffer.subarray(0, length));
      this.#pool.giveBack(buffer);
    }
    return lines;
  }

  #begin(text: string): Piece {
    const size = text.length * WIDEST > SIZE ? Buffer.byteLength(text) : SIZE;
    const piece = { buffer: this.#pool.take(size), length: 0 };
    this.#pieces.push(piece);
    return piece;
  }
}

export function newlines(text: string | Buffer): number {
  const end = typeof text === 'string' ? '\n' : NEWLINE;
  let found = 0;
  for (let at = text.indexOf(end as never); at >= 0; at = text.indexOf(end as never, at + 1)) found += 1;
  return found;
}
