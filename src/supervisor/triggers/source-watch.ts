/**
 * Tells of files that change, as the app's `watch` asks for: as soon as the system does, and from time to time by
 * comparing what is there with what was.
 */
import path from 'node:path';
import { watch as watchTree, type FSWatcher } from 'chokidar';
import type { WatchSpec } from '../../model/spec.ts';
import { messageOf } from '../../model/text.ts';
import type { Closable } from './cron.ts';
import { patternsOf } from './patterns.ts';
import { Reach } from './reach.ts';
import { SourceScan } from './source-scan.ts';

export interface SourceWatchOptions {
  readonly spec: WatchSpec;
  readonly cwd: string;
  /** Absolute path of the ecosystem file. */
  readonly ecosystem: string;
  /** With its path relative to `cwd`. */
  readonly changed: (name: string) => void;
  /** Told once: what the watch does not do, as `sees changes only within 2 s: …`. */
  readonly failed: (message: string) => void;
  /** Files and folders that are watched at the most. */
  readonly most?: number;
  /** How often what is there is compared with what was, in ms. */
  readonly every?: number;
  readonly watch?: typeof watchTree;
}

export type WatchSources = (options: SourceWatchOptions) => Closable;

/** No app has as many sources; what has, was not meant, and costs memory and watches of the system. */
const MOST = 50_000;
const EVERY = 2000;
/** Less often where that would take more than this part of the time. */
const SHARE = 0.02;

export const watchSources: WatchSources = (options) => {
  const { spec, cwd, ecosystem, changed, failed, most = MOST, every = EVERY, watch = watchTree } = options;
  const { roots, isIgnored, isWatched } = patternsOf(spec, cwd, ecosystem);
  let hasFailed = false;
  const fail = (message: string): void => {
    if (!hasFailed) failed(message);
    hasFailed = true;
  };
  const late = (error: unknown): void =>
    fail(`sees changes only within ${every / 1000} s: ${messageOf(error)}`);
  const scan = new SourceScan({ roots, isIgnored, most });
  const tell = (file: string): void => {
    if (isWatched(file)) changed(path.relative(cwd, file));
  };

  const open = (): FSWatcher => {
    const exceeded = (): void =>
      fail(
        `may miss changes: more than ${most} files and folders: name fewer with \`watch\`, or leave some out with \`ignore_watch\``,
      );
    const reach = new Reach({ roots, most, exceeded });
    const opened = watch([...roots], {
      ignored: (name, stats) =>
        isIgnored(name) || (stats !== undefined && reach.excludes(path.resolve(name), stats)),
      ignoreInitial: true,
      ...(spec.poll === null ? {} : { usePolling: true, interval: spec.poll, binaryInterval: spec.poll }),
    });
    // Folders that come and go change nothing by themselves.
    for (const event of ['add', 'change', 'unlink'] as const)
      opened.on(event, (name) => {
        const file = path.resolve(name);
        tell(file);
        void scan.note(file);
      });
    for (const event of ['unlink', 'unlinkDir'] as const)
      opened.on(event, (name) => reach.gone(path.resolve(name)));
    opened.on('error', late);
    return opened;
  };
  const drop = (opened: FSWatcher): void => {
    void opened.close();
    // It has taken its listeners off; what it was about to look at may fail all the same.
    opened.on('error', () => {});
  };

  let isClosed = false;
  let watcher = open();
  let timer: NodeJS.Timeout | undefined;
  /** How long comparing took the time before, in ms. */
  let before = 0;
  const compare = async (): Promise<void> => {
    const start = performance.now();
    try {
      const found = await scan.compare();
      if (isClosed) return;
      found.changed.forEach(tell);
      if (found.isReplaced) {
        drop(watcher);
        watcher = open();
      }
    } catch (error) {
      fail(`may miss changes: ${messageOf(error)}`);
    }
    const took = performance.now() - start;
    // A single one that takes long, as the first does, says little of the next.
    const pause = Math.max(every, Math.min(took, before) / SHARE);
    before = took;
    if (!isClosed) timer = setTimeout(() => void compare(), pause).unref();
  };
  void compare();
  return {
    close: () => {
      isClosed = true;
      clearTimeout(timer);
      drop(watcher);
    },
  };
};
