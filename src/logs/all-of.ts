/** One sink of several: it asks to wait as long as any of them does. */
import type { OutputSink } from '../workers/handle.ts';

/** @param failed told of what a sink throws, which costs its lines and nobody else's, and keeps nobody waiting */
export function allOf(sinks: readonly OutputSink[], failed: (error: unknown) => void): OutputSink {
  const attempt = (act: () => boolean, otherwise: boolean): boolean => {
    try {
      return act();
    } catch (error) {
      failed(error);
      return otherwise;
    }
  };
  /** Those that refused the last write; whoever wrote it asks for them at once. */
  let full: readonly OutputSink[] = [];
  return {
    write: (launch, stream, lines, more) => {
      full = sinks.filter((sink) => !attempt(() => sink.write(launch, stream, lines, more), true));
      return full.length === 0;
    },
    whenWritable: (resume, launch, stream) => {
      const waiting = new Set(full);
      for (const sink of full) {
        const writable = (): void => {
          if (waiting.delete(sink) && waiting.size === 0) resume();
        };
        const ask = (): boolean => {
          sink.whenWritable(writable, launch, stream);
          return true;
        };
        if (!attempt(ask, false)) writable();
      }
      if (full.length === 0) resume();
    },
    ended: (launch, stream) => {
      const end = (sink: OutputSink) => (): boolean => {
        sink.ended?.(launch, stream);
        return true;
      };
      for (const sink of sinks) attempt(end(sink), true);
    },
  };
}
