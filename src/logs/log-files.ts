/** The sink that writes the output of all workers to the files that their apps name. */
import { setTimeout as delay } from 'node:timers/promises';
import { monotonic, type Clock } from '../model/clock.ts';
import type { Line } from '../model/notice.ts';
import type { LogSpec } from '../model/logging.ts';
import type { AppSpec } from '../model/spec.ts';
import type { Launch, OutputSink } from '../workers/handle.ts';
import { Archive } from './archive.ts';
import { BufferPool } from './backlog.ts';
import { disk, type Disk } from './disk.ts';
import { lineFormat, type LineFormat } from './line-format.ts';
import { LogFile, type LogFileState, type Surroundings } from './log-file.ts';
import { nameOfSlot } from './names.ts';
import type { Writer } from './turns.ts';

export interface LogFilesOptions {
  readonly say: (line: Line) => void;
  readonly disk?: Disk;
  /** Ms since the epoch. */
  readonly now?: () => number;
  /** For what is about time that has passed. */
  readonly clock?: Clock;
  readonly delay?: (ms: number) => Promise<void>;
}

interface AppLogs {
  readonly logs: LogSpec;
  /** Each worker has files of its own. */
  readonly bySlot: boolean;
}

type Stream = 'out' | 'err';

/** The output of one stream of one process. */
interface Source extends Writer {
  readonly launch: Launch;
  readonly stream: Stream;
  files: readonly LogFile[];
  /** Of the line that has begun, if one has. */
  open: LineFormat | null;
}

/** How long processes that have ended may take to be read to their end, in ms. */
const LAST_WORDS = 1000;
/** How long what was read may take to be written then, in ms: a pipe may have a reader that reads no more. */
const LAST_WRITES = 3000;
/** And what is given up on, to be closed, in ms. */
const LAST_CLOSES = 500;

export class LogFiles implements OutputSink {
  readonly #around: Surroundings;
  readonly #files = new Map<string, LogFile>();
  /** By the id of the launch. */
  readonly #sources = new Map<number, Partial<Record<Stream, Source>>>();
  #apps: ReadonlyMap<string, AppLogs> = new Map();
  #whenEnded: (() => void) | null = null;

  constructor(options: LogFilesOptions) {
    const now = options.now ?? Date.now;
    const used = options.disk ?? disk;
    this.#around = {
      disk: used,
      now,
      clock: options.clock ?? monotonic,
      archive: new Archive(used, now),
      buffers: new BufferPool(),
      delay: options.delay ?? delay,
      say: options.say,
    };
  }

  /** Takes effect at once. Apps that have left keep their files for as long as they write. */
  apply(apps: readonly AppSpec[]): void {
    const left = [...this.#apps].filter(([name]) =>
      this.#all().some(({ launch }) => launch.spec.name === name),
    );
    const wanted = apps.map(({ name, logs, instances }) => [
      name,
      { logs, bySlot: instances > 1 && !logs.merge },
    ]) satisfies [string, AppLogs][];
    this.#apps = new Map([...left, ...wanted]);
    // A line that has begun ends where it began.
    for (const source of this.#all()) if (source.open === null) this.#direct(source);
  }

  /** Whether what the app writes may be kept elsewhere. */
  keeps(app: string): boolean {
    return this.#apps.get(app)?.logs.disabled !== true;
  }

  write = (launch: Launch, stream: Stream, lines: readonly string[], more: boolean): boolean => {
    const app = this.#apps.get(launch.spec.name);
    if (app === undefined) return true;
    const source = this.#source(launch, stream);
    const texts = [...lines];
    let isFree = true;
    if (source.open !== null) {
      const first = texts.shift() ?? '';
      isFree = this.#continue(source, source.open, first, texts.length === 0 && more);
    }
    if (texts.length === 0 || source.files.length === 0) return isFree;
    const format = lineFormat(app.logs, launch, stream, this.#around.now());
    const { begin, body, end } = format;
    const text = `${begin}${texts.map(body).join(end + begin)}${more ? '' : end}`;
    source.open = more ? format : null;
    return put(source, text, !more) && isFree;
  };

  whenWritable = (resume: () => void, launch: Launch, stream: Stream): void => {
    const source = this.#source(launch, stream);
    const { files } = source;
    const next = (at: number): void => {
      const file = files[at];
      if (file === undefined) resume();
      else file.whenWritable(source, () => next(at + 1));
    };
    next(0);
  };

  ended = (launch: Launch, stream: Stream): void => {
    const both = this.#sources.get(launch.id);
    const source = both?.[stream];
    if (both === undefined || source === undefined) return;
    source.interrupt();
    for (const file of source.files) this.#release(file, source);
    const other = both[stream === 'out' ? 'err' : 'out'];
    if (other === undefined) this.#sources.delete(launch.id);
    else this.#sources.set(launch.id, { [other.stream]: other });
    if (this.#sources.size === 0) this.#whenEnded?.();
  };

  /** The files that the app writes to now. */
  state(app: string): LogFileState[] {
    const files = this.#all().flatMap(({ launch, files }) => (launch.spec.name === app ? files : []));
    return [...new Set(files)].map(({ state }) => state);
  }

  /** Closes each file, so that the next line goes to one that is opened anew; resolves with how many there are. */
  async reopen(): Promise<number> {
    const files = [...this.#files.values()];
    await Promise.all(files.map((file) => file.reopen()));
    return files.length;
  }

  /** Writes what there is, once every process has ended; takes a few seconds at the most, whatever the files are. */
  async end(): Promise<void> {
    if (this.#sources.size > 0) {
      await within(LAST_WORDS, new Promise<void>((resolve) => (this.#whenEnded = resolve)));
    }
    const files = [...this.#files.values()];
    const written = Promise.all(files.map((file) => file.rest()));
    await within(LAST_WRITES, written);
    for (const file of files) file.giveUp();
    await within(LAST_CLOSES, written);
    for (const file of files) file.tellLost();
    await this.#around.archive.end(LAST_WRITES);
  }

  #continue(source: Source, format: LineFormat, text: string, more: boolean): boolean {
    const isFree = put(source, format.body(text) + (more ? '' : format.end), !more);
    if (!more) this.#close(source);
    return isFree;
  }

  /** After the end of a line, which may have gone to files that are no longer meant. */
  #close(source: Source): void {
    source.open = null;
    this.#direct(source);
  }

  #source(launch: Launch, stream: Stream): Source {
    const both = this.#sources.get(launch.id) ?? {};
    const known = both[stream];
    if (known !== undefined) return known;
    const source: Source = {
      launch,
      stream,
      files: [],
      open: null,
      interrupt: () => {
        if (source.open !== null) this.#continue(source, source.open, '', false);
      },
    };
    this.#sources.set(launch.id, { ...both, [stream]: source });
    this.#direct(source);
    return source;
  }

  /** Gives the source the files that its app names now. */
  #direct(source: Source): void {
    const app = this.#apps.get(source.launch.spec.name);
    const before = source.files;
    const paths = app === undefined ? [] : pathsOf(app, source, this.#around.disk);
    source.files = paths.map((path) => {
      const file = this.#files.get(path) ?? new LogFile(path, this.#around);
      this.#files.set(path, file);
      file.writers.add(source);
      file.rotation = app?.logs.rotation ?? null;
      return file;
    });
    for (const file of before) if (!source.files.includes(file)) this.#release(file, source);
  }

  #release(file: LogFile, source: Source): void {
    file.writers.delete(source);
    if (file.writers.size > 0) return;
    void file.rest().then(() => {
      if (file.writers.size > 0 || this.#files.get(file.path) !== file) return;
      file.tellLost();
      this.#files.delete(file.path);
    });
  }

  #all(): Source[] {
    return [...this.#sources.values()].flatMap(({ out, err }) =>
      [out, err].filter((one) => one !== undefined),
    );
  }
}

/** Each file once, even if it is named for both streams. */
function pathsOf(
  { logs, bySlot }: AppLogs,
  { launch, stream }: Source,
  { isSpecial }: Pick<Disk, 'isSpecial'>,
): string[] {
  if (logs.disabled) return [];
  const named = [logs[stream], logs.all].filter((file) => file !== null);
  const own = (file: string): string => (bySlot && !isSpecial(file) ? nameOfSlot(file, launch.slot) : file);
  return [...new Set(named.map(own))];
}

/** Resolves with the promise, or after so many ms. */
async function within(ms: number, promise: Promise<unknown>): Promise<void> {
  const timer = new AbortController();
  const late = delay(ms, undefined, { signal: timer.signal }).catch(() => {});
  await Promise.race([promise, late]);
  timer.abort();
}

function put(source: Source, text: string, whole: boolean): boolean {
  // Every file gets it, whichever of them is full.
  return source.files.map((file) => file.write(source, text, whole)).every((isFree) => isFree);
}
