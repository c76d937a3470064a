/** Where the output of all workers goes: the last lines in memory, log files, and whoever looks. */
import { allOf } from '../../logs/all-of.ts';
import { LogFiles } from '../../logs/log-files.ts';
import type { OutputSink } from '../../workers/handle.ts';
import type { EventLog } from '../event-log.ts';
import type { Faults } from '../faults.ts';
import { LogBuffer } from '../log-buffer.ts';

export interface Output {
  /** The last lines. */
  readonly buffer: LogBuffer;
  readonly files: LogFiles;
  /** All of them. */
  readonly sink: OutputSink;
}

/** @param shown null where nobody looks */
export function outputOf(events: EventLog, faults: Faults, shown: OutputSink | null): Output {
  const buffer = new LogBuffer();
  const files = new LogFiles({ say: events.say });
  const kept: OutputSink = {
    write: (launch, stream, lines) => {
      buffer.add(launch, stream, lines, files.keeps(launch.spec.name));
      return true;
    },
    whenWritable: (resume) => resume(),
  };
  const sinks = [kept, files, ...(shown === null ? [] : [shown])];
  return { buffer, files, sink: allOf(sinks, (error) => faults.tell('passing output on', error)) };
}
