/** Tells of files that change, as the app's `watch` asks for. */
import path from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { WatchSpec } from '../../model/spec.ts';
import type { Closable } from './cron.ts';
import { patternsOf } from './patterns.ts';
import { Reach } from './reach.ts';

export interface SourceWatchOptions {
  readonly spec: WatchSpec;
  readonly cwd: string;
  /** Absolute path of the ecosystem file. */
  readonly ecosystem: string;
  /** With its path relative to `cwd`. */
  readonly changed: (name: string) => void;
  /** Told once: some changes may go unseen. */
  readonly failed: (message: string) => void;
  /** Files and folders that are watched at the most. */
  readonly most?: number;
}

export type WatchSources = (options: SourceWatchOptions) => Closable;

/** No app has as many sources; what has, was not meant, and costs memory and watches of the system. */
const MOST = 50_000;

export const watchSources: WatchSources = ({ spec, cwd, ecosystem, changed, failed, most = MOST }) => {
  const { roots, isIgnored, isWatched } = patternsOf(spec, cwd, ecosystem);
  let hasFailed = false;
  const fail = (message: string): void => {
    if (!hasFailed) failed(message);
    hasFailed = true;
  };
  const exceeded = (): void =>
    fail(
      `more than ${most} files and folders: name fewer with \`watch\`, or leave some out with \`ignore_watch\``,
    );
  const reach = new Reach({ roots, most, exceeded });
  const watcher: FSWatcher = watch([...roots], {
    ignored: (name, stats) =>
      isIgnored(name) || (stats !== undefined && reach.excludes(path.resolve(name), stats)),
    ignoreInitial: true,
    ...(spec.poll === null ? {} : { usePolling: true, interval: spec.poll, binaryInterval: spec.poll }),
  });
  const notice = (name: string): void => {
    const file = path.resolve(name);
    if (isWatched(file)) changed(path.relative(cwd, file));
  };
  // Folders that come and go change nothing by themselves.
  for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, notice);
  for (const event of ['unlink', 'unlinkDir'] as const)
    watcher.on(event, (name) => reach.gone(path.resolve(name)));
  watcher.on('error', (error) => fail(error instanceof Error ? error.message : String(error)));
  const close = (): void => {
    void watcher.close();
    // It has taken its listeners off; what it was about to look at may fail all the same.
    watcher.on('error', () => {});
  };
  return { close };
};
