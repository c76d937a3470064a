/** What the apps of a file mean, as a file again: every default, alias and layer resolved, secrets masked. */
import { relative } from 'node:path';
import { stringify } from 'yaml';
import type { SourceOrigin, SourceSpec } from '../../model/source.ts';
import type { AppSpec } from '../../model/spec.ts';
import { isSecret } from '../checks/written-secrets.ts';
import { MASK, maskArguments, maskCommandLine } from '../../shared/mask.ts';
import { maskAddress } from '../../shared/source-address.ts';
import type { CheckedApp } from '../resolve/context.ts';
import { isNowhere } from '../resolve/place-of-app.ts';
import { literal } from './dollars.ts';
import type { App } from '../schema/schema-types.generated.ts';
import { entryOf } from '../read/nodes.ts';

/** YAML that, but for what is masked, loads to the same apps. */
export function printConfig(apps: readonly CheckedApp[]): string {
  return stringify(literal({ apps: apps.map(printed) }), { lineWidth: 110 });
}

function printed(app: CheckedApp): object {
  const { spec, context } = app;
  return {
    name: spec.name,
    ...printedProcess(app),
    ...printedRollout(spec),
    ...printedStops(spec),
    ...further(context.app),
  };
}

function printedProcess(app: CheckedApp): object {
  const { process, instances } = app.spec;
  return {
    ...(app.spec.source === undefined ? {} : { source: printedSource(app.spec.source) }),
    script: process.shell ? maskCommandLine(process.script) : portable(app, process.script),
    ...(process.args.length === 0 ? {} : { args: maskArguments(process.args) }),
    ...printedPlace(app),
    ...(process.shell ? {} : { interpreter: portable(app, process.interpreter ?? 'none') }),
    ...(process.interpreterArgs.length === 0 ? {} : { node_args: maskArguments(process.interpreterArgs) }),
    env: shownEnvironment(app),
    instance_var: process.instanceVar,
    ...(process.incrementVar === null ? {} : { increment_var: process.incrementVar }),
    instances,
    exec_mode: process.mode,
    balance: process.balance,
  };
}

/** In a release that is not there, a path is only known from its `cwd` on. */
function portable({ spec }: CheckedApp, file: string): string {
  return isNowhere(file) ? `./${relative(spec.process.cwd, file)}` : file;
}

function printedPlace({ context, spec }: CheckedApp): object {
  if (spec.unprepared !== true) return { cwd: spec.process.cwd };
  const cwd = entryOf(context.mapping, 'cwd')?.value;
  const { env_file: file } = context.app;
  return {
    ...(cwd?.kind === 'scalar' ? { cwd: cwd.source } : {}),
    ...(file === undefined ? {} : { env_file: file }),
  };
}

function printedSource({ origin, build, buildTimeout, poll, keep }: SourceSpec): object {
  return {
    ...printedOrigin(origin),
    ...(build.length === 0 ? {} : { build: build.map(maskCommandLine) }),
    build_timeout: buildTimeout,
    ...(poll === null ? {} : { poll }),
    keep,
  };
}

function printedOrigin(origin: SourceOrigin): object {
  if (origin.kind === 'folder') return { folder: origin.path };
  const address = maskAddress(origin.address);
  if (origin.kind === 'archive') return { archive: address, sha256: origin.sha256 };
  return { git: address, ...(origin.ref === null ? {} : { ref: origin.ref }) };
}

function printedRollout({ rollout, ready, listenTimeout }: AppSpec): object {
  return {
    rollout: {
      max_surge: rollout.maxSurge,
      max_unavailable: rollout.maxUnavailable,
      min_ready: rollout.minReady,
      deadline: rollout.deadline,
      on_failure: rollout.onFailure,
      ...(rollout.canary === 0 ? {} : { canary: rollout.canary, canary_pause: rollout.canaryPause }),
    },
    ready,
    ...(listenTimeout === null ? {} : { listen_timeout: listenTimeout }),
  };
}

function printedStops({ autostart, restart, stop }: AppSpec): object {
  return {
    autostart,
    autorestart: restart.auto,
    stop_exit_codes: restart.stopExitCodes,
    min_uptime: restart.minUptime,
    max_restarts: restart.maxRestarts ?? 'unlimited',
    restart_delay: restart.delay,
    exp_backoff_restart_delay: restart.backoff,
    drain_timeout: stop.drainTimeout,
    kill_signal: stop.killSignal,
    kill_timeout: stop.killTimeout,
    shutdown_with_message: stop.message,
  };
}

/** Keys that are checked but not part of a spec, as they are written. */
const FURTHER = [
  'health_check',
  'event_loop_timeout',
  'max_memory_restart',
  'out_file',
  'error_file',
  'log_file',
  'merge_logs',
  'disable_logs',
  'log_type',
  'log_date_format',
  'time',
  'watch',
  'ignore_watch',
  'watch_delay',
  'watch_options',
  'cron_restart',
  'uid',
  'gid',
  'depends_on',
  'filter_env',
] as const;

function further(app: App): object {
  return Object.fromEntries(FURTHER.flatMap((key) => (app[key] === undefined ? [] : [[key, app[key]]])));
}

/** A value is shown only if everyone who may read the file can read it there, and it does not look like a secret. */
function shownEnvironment({ context, spec }: CheckedApp): Readonly<Record<string, string>> {
  const blocks = [`env_${context.options.envName ?? ''}`, 'env'];
  const shown = (name: string, value: string): string => {
    if (context.app.uid !== undefined && ['HOME', 'USER', 'LOGNAME'].includes(name)) return value;
    if (name === 'PORT' || (name === 'PYTHONUNBUFFERED' && value === '1')) return value;
    for (const block of blocks) {
      const variables = entryOf(context.mapping, block)?.value;
      const node = variables?.kind === 'mapping' ? entryOf(variables, name)?.value : undefined;
      if (node?.kind !== 'scalar') continue;
      return node.interpolated === true || isSecret(name, node) ? MASK : value;
    }
    return MASK;
  };
  return Object.fromEntries(
    Object.entries(spec.process.env).map(([name, value]) => [name, shown(name, value)]),
  );
}
