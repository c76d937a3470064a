/** What replaces workers besides edits and people: memory, a schedule, files that change. */
import type { TriggersSpec, WatchSpec } from '../model/spec.ts';
import type { App } from './schema-types.generated.ts';
import { bytes, milliseconds } from './units.ts';

/** Several files saved at once are one change. PM2 waits for nothing. */
const WATCH_DELAY = 500;
/** The watcher tells changes of one file that follow sooner, in ms, as one: they must be one burst for us too. */
const SHORTEST_DELAY = 100;
/** As chokidar's own. */
const POLL_INTERVAL = 100;

export function readTriggers(app: App): TriggersSpec {
  const { max_memory_restart: limit, cron_restart: line, cron_timezone: zone } = app;
  return {
    maxMemory: limit === undefined ? null : bytes(limit),
    // As PM2: 0 is none.
    cron: line === undefined || String(line) === '0' ? null : { line: String(line), timeZone: zone ?? null },
    watch: readWatch(app),
  };
}

function readWatch(app: App): WatchSpec | null {
  const { watch, ignore_watch: ignore, watch_delay: delay, watch_options: options } = app;
  if (watch === undefined || watch === false) return null;
  const named = watch === true ? [] : [watch].flat();
  const logs = [app.out_file, app.error_file, app.log_file].filter((log) => typeof log === 'string');
  const { usePolling, interval } = options ?? {};
  return {
    // As PM2: an empty list is everything.
    paths: named.length === 0 ? ['.'] : named,
    ignore: [...[ignore ?? []].flat(), ...logs],
    delay: Math.max(SHORTEST_DELAY, milliseconds(delay ?? WATCH_DELAY)),
    poll: usePolling === true ? (interval ?? POLL_INTERVAL) : null,
  };
}
