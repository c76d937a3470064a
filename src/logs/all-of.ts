/** One sink of several: it asks to wait as long as any of them does. */
import type { OutputSink } from '../workers/handle.ts';

export function allOf(sinks: readonly OutputSink[]): OutputSink {
  /** Those that refused the last write; whoever wrote it asks for them at once. */
  let full: readonly OutputSink[] = [];
  return {
    write: (launch, stream, lines, more) => {
      full = sinks.filter((sink) => !sink.write(launch, stream, lines, more));
      return full.length === 0;
    },
    whenWritable: (resume, launch, stream) => {
      const waiting = new Set(full);
      for (const sink of full) {
        sink.whenWritable(
          () => {
            if (waiting.delete(sink) && waiting.size === 0) resume();
          },
          launch,
          stream,
        );
      }
      if (full.length === 0) resume();
    },
    ended: (launch, stream) => {
      for (const sink of sinks) sink.ended?.(launch, stream);
    },
  };
}
