/** What replaces workers besides edits and people: memory, a schedule, files that change. */
import type { HealthSpec, TriggersSpec, WatchSpec } from '../../model/spec.ts';
import type { App } from '../schema/schema-types.generated.ts';
import { bytes, milliseconds } from '../../shared/units.ts';
import { absolute, isFromHome } from '../read/home-path.ts';
import type { AppContext } from './context.ts';

/** Several files saved at once are one change. PM2 waits for nothing. */
const WATCH_DELAY = 500;
/** The watcher tells changes of one file that follow sooner, in ms, as one: they must be one burst for us too. */
const SHORTEST_DELAY = 100;
/** Between two probes of a worker, in ms: more often, they would be a load of their own. */
const SHORTEST_INTERVAL = 100;
/** As chokidar's own. */
const POLL_INTERVAL = 100;

export function readTriggers(context: AppContext): TriggersSpec {
  const { app } = context;
  const { max_memory_restart: limit, cron_restart: line, cron_timezone: zone } = app;
  const ignored = readIgnored(context);
  return {
    maxMemory: limit === undefined ? null : bytes(limit),
    health: readHealth(app),
    // None at all would be blocked by anything.
    loopTimeout: milliseconds(app.event_loop_timeout ?? 0) || null,
    // As PM2: 0 is none.
    cron: line === undefined || String(line) === '0' ? null : { line: String(line), timeZone: zone ?? null },
    watch: readWatch(context),
    ...(ignored.length === 0 ? {} : { ignored }),
  };
}

function readHealth({ health_check: check }: App): HealthSpec | null {
  if (check?.http === undefined) return null;
  return {
    http: check.http,
    interval: Math.max(SHORTEST_INTERVAL, milliseconds(check.interval ?? 5000)),
    timeout: milliseconds(check.timeout ?? 1000),
    failures: Number(check.failures ?? 3),
  };
}

/** What is relative may be a pattern. */
function fromHome(name: string, options: AppContext['options']): string {
  return isFromHome(name) ? absolute('/', name, options) : name;
}

function readIgnored({ app, options }: AppContext): readonly string[] {
  return [app.ignore_watch ?? []].flat().map((name) => fromHome(name, options));
}

/** A release does not change. */
function readWatch(context: AppContext): WatchSpec | null {
  const { app, options: surroundings } = context;
  const { watch, watch_delay: delay, watch_options: options } = app;
  if (watch === undefined || watch === false || app.source !== undefined) return null;
  const named = watch === true ? [] : [watch].flat();
  const logs = [app.out_file, app.error_file, app.log_file].filter((log) => typeof log === 'string');
  const { usePolling, interval } = options ?? {};
  return {
    // As PM2: an empty list is everything.
    paths: named.length === 0 ? ['.'] : named.map((name) => fromHome(name, surroundings)),
    ignore: [...readIgnored(context), ...logs.map((name) => fromHome(name, surroundings))],
    delay: Math.max(SHORTEST_DELAY, milliseconds(delay ?? WATCH_DELAY)),
    poll: usePolling === true ? (interval ?? POLL_INTERVAL) : null,
  };
}
