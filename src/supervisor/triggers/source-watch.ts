/** Tells of files that change, as the app's `watch` asks for. */
import path from 'node:path';
import { watch, type FSWatcher } from 'chokidar';
import type { WatchSpec } from '../../model/spec.ts';
import type { Closable } from './cron.ts';
import { patternsOf } from './patterns.ts';

export interface SourceWatchOptions {
  readonly spec: WatchSpec;
  readonly cwd: string;
  /** Absolute path of the ecosystem file. */
  readonly ecosystem: string;
  /** With its path relative to `cwd`. */
  readonly changed: (name: string) => void;
  /** Told once: some changes may go unseen. */
  readonly failed: (message: string) => void;
}

export type WatchSources = (options: SourceWatchOptions) => Closable;

export const watchSources: WatchSources = ({ spec, cwd, ecosystem, changed, failed }) => {
  const { roots, isIgnored, isWatched } = patternsOf(spec, cwd, ecosystem);
  const watcher: FSWatcher = watch([...roots], {
    ignored: isIgnored,
    ignoreInitial: true,
    ...(spec.poll === null ? {} : { usePolling: true, interval: spec.poll, binaryInterval: spec.poll }),
  });
  const notice = (name: string): void => {
    const file = path.resolve(name);
    if (isWatched(file)) changed(path.relative(cwd, file));
  };
  // Folders that come and go change nothing by themselves.
  for (const event of ['add', 'change', 'unlink'] as const) watcher.on(event, notice);
  let hasFailed = false;
  watcher.on('error', (error) => {
    if (!hasFailed) failed(error instanceof Error ? error.message : String(error));
    hasFailed = true;
  });
  return { close: () => void watcher.close() };
};
