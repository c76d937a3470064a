/**
 * Tells of files that change, as the app's `watch` asks for: as soon as the system does, and from time to time by
 * comparing what is there with what was.
 */
import path from 'node:path';
import { watch as watchTree, type FSWatcher } from 'chokidar';
import type { WatchSpec } from '../../model/spec.ts';
import { messageOf } from '../../model/text.ts';
import type { Closable } from '../cron.ts';
import { patternsOf, type Patterns } from '../../releases/patterns.ts';
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

export const watchSources: WatchSources = (options) => new SourceWatch(options);

class SourceWatch {
  readonly #options: Required<SourceWatchOptions>;
  readonly #patterns: Patterns;
  readonly #scan: SourceScan;
  #watcher: FSWatcher;
  #timer: NodeJS.Timeout | undefined;
  /** How long comparing took the time before, in ms. */
  #before = 0;
  #hasFailed = false;
  #isClosed = false;

  constructor(options: SourceWatchOptions) {
    this.#options = { most: MOST, every: EVERY, watch: watchTree, ...options };
    const { spec, cwd, ecosystem, most } = this.#options;
    this.#patterns = patternsOf(spec, cwd, [ecosystem]);
    const { roots, isIgnored } = this.#patterns;
    this.#scan = new SourceScan({ roots, isIgnored, most });
    this.#watcher = this.#open();
    void this.#compare();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    drop(this.#watcher);
  }

  #open(): FSWatcher {
    const { roots, isIgnored } = this.#patterns;
    const { spec, most, every, watch } = this.#options;
    const exceeded = (): void =>
      this.#fail(
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
        this.#tell(file);
        void this.#scan.note(file);
      });
    for (const event of ['unlink', 'unlinkDir'] as const)
      opened.on(event, (name) => reach.gone(path.resolve(name)));
    opened.on('error', (error) =>
      this.#fail(`sees changes only within ${every / 1000} s: ${messageOf(error)}`),
    );
    return opened;
  }

  async #compare(): Promise<void> {
    const start = performance.now();
    try {
      const found = await this.#scan.compare();
      if (this.#isClosed) return;
      for (const file of found.changed) this.#tell(file);
      if (found.isReplaced) {
        drop(this.#watcher);
        this.#watcher = this.#open();
      }
    } catch (error) {
      this.#fail(`may miss changes: ${messageOf(error)}`);
    }
    const took = performance.now() - start;
    // A single one that takes long, as the first does, says little of the next.
    const pause = Math.max(this.#options.every, Math.min(took, this.#before) / SHARE);
    this.#before = took;
    if (!this.#isClosed) this.#timer = setTimeout(() => void this.#compare(), pause).unref();
  }

  #tell(file: string): void {
    const { changed, cwd } = this.#options;
    if (this.#patterns.isWatched(file)) changed(path.relative(cwd, file));
  }

  #fail(message: string): void {
    if (!this.#hasFailed) this.#options.failed(message);
    this.#hasFailed = true;
  }
}

function drop(opened: FSWatcher): void {
  void opened.close();
  // It has taken its listeners off; what it was about to look at may fail all the same.
  opened.on('error', () => {});
}
