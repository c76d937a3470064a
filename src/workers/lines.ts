/** A process's output as lines, with real backpressure and bounded memory. */
import type { Readable } from 'node:stream';
import { asText, BytesDecoder } from '../model/raw-bytes.ts';
import type { Launch, OutputSink } from './handle.ts';
import { saysOutOfHeap } from './out-of-memory.ts';

/** A line longer than this, in UTF-16 code units, is passed on in pieces. */
const MAX_LINE = 64 * 1024;
/** Bytes that are made lines at once: larger strings live long enough to make V8's heap grow. */
const PIECE = 16 * 1024;

/** Reads `stream` to its end into the sink; a sink that is full makes the process wait. */
export function pipeLines(
  stream: Readable,
  launch: Launch,
  kind: 'out' | 'err',
  sink: OutputSink,
  tail?: Tail,
): void {
  let rest = '';
  /** What was passed on last goes on with what comes next. */
  let open = false;
  const pass = (lines: readonly string[], more: boolean): void => {
    open = more;
    tail?.add(lines);
    if (sink.write(launch, kind, lines, more)) return;
    stream.pause();
    sink.whenWritable(() => stream.resume(), launch, kind);
  };
  const decoder = new BytesDecoder();
  const read = (chunk: string): void => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    const whole = lines.map(withoutReturn);
    if (rest.length > MAX_LINE) {
      whole.push(rest);
      rest = '';
      pass(whole, true);
    } else if (whole.length > 0) pass(whole, false);
  };
  stream.on('data', (bytes: Buffer) => {
    for (let at = 0; at < bytes.length; at += PIECE) read(decoder.write(bytes.subarray(at, at + PIECE)));
  });
  stream.on('end', () => {
    rest += decoder.end();
    if (rest !== '' || open) pass([rest], false);
  });
  stream.on('close', () => sink.ended?.(launch, kind));
  // A pipe that breaks ends like one that closes; the exit says the rest.
  stream.on('error', () => {});
}

function withoutReturn(line: string): string {
  return line.endsWith('\r') ? line.slice(0, -1) : line;
}

/** The last lines of an output, for the reason of an exit. */
export class Tail {
  static readonly lines = 20;
  static readonly width = 500;
  #lines: string[] = [];
  /** V8 has said that it is out of memory; a long stack may follow. */
  saysOutOfHeap = false;

  add(lines: readonly string[]): void {
    this.saysOutOfHeap ||= lines.some(saysOutOfHeap);
    const cut = lines.slice(-Tail.lines).map((line) => asText(line.slice(0, Tail.width)));
    this.#lines = [...this.#lines, ...cut].slice(-Tail.lines);
  }

  get last(): readonly string[] {
    return this.#lines;
  }
}
