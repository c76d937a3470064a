/** From one validated app to its AppSpec. */
import type { AppSpec, Dependency, ProcessSpec, RestartSpec, StopSpec } from '../../model/spec.ts';
import { revisionOf } from '../../shared/revision.ts';
import { milliseconds } from '../../shared/units.ts';
import { entryOf } from '../read/nodes.ts';
import type { App } from '../schema/schema-types.generated.ts';
import { nameFromScript } from './script.ts';
import { fieldLines, type AppContext } from './context.ts';
import { readEnvironment, readFilter } from './env.ts';
import { countInstances } from './instances.ts';
import { readLogs } from './log-spec.ts';
import { throughLinks } from './links.ts';
import { resolveProgram } from './program.ts';
import { readReady, readRollout } from './rollout-spec.ts';
import { findPlace, isNowhere } from './place-of-app.ts';
import { readIdentity } from './run-as.ts';
import { readTriggers } from './trigger-spec.ts';

/** The spec of an app that has a script. */
export function appSpec(context: AppContext): AppSpec {
  const { app } = context;
  const identity = readIdentity(context);
  const place = findPlace(context, identity.user);
  const { env: own, namesPort } = readEnvironment(context, place.cwd);
  const env = { ...identity.env, ...own };
  const { program, code } = throughLinks(context, resolveProgram(context, place.cwd, env), place);
  const process: ProcessSpec = {
    ...(code === null ? {} : { code }),
    ...program,
    cwd: place.cwd,
    // As PM2: Python would hold its output back until a buffer is full.
    env: program.interpreter?.includes('python') === true ? { PYTHONUNBUFFERED: '1', ...env } : env,
    instanceVar: app.instance_var ?? 'NODE_APP_INSTANCE',
    incrementVar: app.increment_var ?? null,
    balance: app.balance ?? 'auto',
    user: identity.user,
    filterEnv: readFilter(app),
  };
  const instances = countInstances(context);
  const name = nameOf(context);
  return {
    name,
    revision: revisionOf(process),
    process,
    instances,
    autostart: app.autostart ?? true,
    rollout: readRollout(context, process.mode, instances),
    ready: readReady(context),
    namesPort,
    listenTimeout: app.listen_timeout === undefined ? null : milliseconds(app.listen_timeout),
    stop: readStop(app),
    restart: readRestart(app),
    triggers: readTriggers(context),
    dependsOn: readDependencies(app),
    // A release is removed one day, and its logs are not to go with it.
    logs: readLogs(context, app.source === undefined ? place.cwd : context.folder, name),
    ...(place.source === null ? {} : { source: place.source }),
    ...(isNowhere(place.cwd) ? { unprepared: true } : {}),
    lines: fieldLines(context),
  };
}

/** `name`, else the key in a mapping of apps, else the script's file name without its last extension. */
function nameOf({ app, mapping, key }: AppContext): string {
  const written = entryOf(mapping, 'name')?.value;
  if (written?.kind === 'scalar') return written.source;
  if (key !== null) return key;
  return nameFromScript(app.script ?? '');
}

function readStop(app: App): StopSpec {
  return {
    drainTimeout: milliseconds(app.drain_timeout ?? 10_000),
    killTimeout: milliseconds(app.kill_timeout ?? 1600),
    killSignal: app.kill_signal ?? 'SIGINT',
    message: app.shutdown_with_message ?? false,
  };
}

function readRestart(app: App): RestartSpec {
  const max = app.max_restarts ?? 'unlimited';
  return {
    auto: app.autorestart ?? true,
    stopExitCodes: [app.stop_exit_codes ?? []].flat().map(Number),
    minUptime: milliseconds(app.min_uptime ?? 1000),
    maxRestarts: max === 'unlimited' ? null : Number(max),
    delay: milliseconds(app.restart_delay ?? 0),
    // PM2's default of 0 means none of its own, and ours takes its place.
    backoff: milliseconds(app.exp_backoff_restart_delay ?? 100) || 100,
  };
}

/** `depends_on`: a name, a list of names, or what each name is waited for. */
function readDependencies({ depends_on: written = [] }: App): readonly Dependency[] {
  if (typeof written === 'string') return [{ app: written, until: 'ready' }];
  if (Array.isArray(written)) return [...new Set(written)].map((app) => ({ app, until: 'ready' }));
  return Object.entries(written).map(([app, until]) => ({ app, until }));
}
