/** The lines that come over an IPC channel with `serialization: 'json'`, with bounded memory. */

const NEWLINE = 10;

/** A line that is longer, in bytes, is left out: nothing that this process has to understand is. */
export const LONGEST_LINE = 65_536;

export class MessageLines {
  #rest: Buffer[] = [];
  #length = 0;

  /** The lines that are whole with this. */
  *add(chunk: Buffer): Generator<string> {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = this.#whole(chunk.subarray(from, at));
      if (line !== null) yield line.toString();
      from = at + 1;
    }
    if (from < chunk.length) this.#keep(chunk.subarray(from));
  }

  #whole(end: Buffer): Buffer | null {
    if (this.#length === 0 && end.length <= LONGEST_LINE) return end;
    this.#keep(end);
    const line = this.#length > LONGEST_LINE ? null : Buffer.concat(this.#rest);
    this.#rest = [];
    this.#length = 0;
    return line;
  }

  #keep(part: Buffer): void {
    this.#length += part.length;
    if (this.#length > LONGEST_LINE) this.#rest = [];
    // A copy: a part is a view of all that was read at once, and a line can come byte by byte.
    else this.#rest.push(Buffer.from(part));
  }
}
