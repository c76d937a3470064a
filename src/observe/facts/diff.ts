/** Which fields two specs of an app differ in, named as the file names them. Never their values: they may be secrets. */
import type { Change, Effect } from '../../model/prediction.ts';
import type { Inherited } from '../../model/inherited.ts';
import type { AppSpec } from '../../model/spec.ts';

type Field = readonly [path: string, effect: Effect, value: (spec: AppSpec) => unknown];

const FIELDS: readonly Field[] = [
  ['script', 'roll', (spec) => inCode(spec, spec.process.script)],
  ['args', 'roll', (spec) => spec.process.args],
  ['cwd', 'roll', (spec) => inCode(spec, spec.process.cwd)],
  ['exec_mode', 'roll', (spec) => spec.process.mode],
  ['interpreter', 'roll', (spec) => spec.process.interpreter],
  ['node_args', 'roll', (spec) => spec.process.interpreterArgs],
  ['shell', 'roll', (spec) => spec.process.shell],
  ['instance_var', 'roll', (spec) => spec.process.instanceVar],
  ['increment_var', 'roll', (spec) => spec.process.incrementVar],
  ['balance', 'roll', (spec) => spec.process.balance],
  ['uid', 'roll', (spec) => spec.process.user?.uid],
  ['gid', 'roll', (spec) => spec.process.user?.gid],
  ['filter_env', 'roll', (spec) => spec.process.filterEnv],
  ['instances', 'scale', (spec) => spec.instances],
  ['rollout.max_surge', 'live', (spec) => spec.rollout.maxSurge],
  ['rollout.max_unavailable', 'live', (spec) => spec.rollout.maxUnavailable],
  ['rollout.min_ready', 'live', (spec) => spec.rollout.minReady],
  ['rollout.deadline', 'live', (spec) => spec.rollout.deadline],
  ['rollout.on_failure', 'live', (spec) => spec.rollout.onFailure],
  ['rollout.canary', 'live', (spec) => spec.rollout.canary],
  ['rollout.canary_pause', 'live', (spec) => spec.rollout.canaryPause],
  ['ready', 'live', (spec) => (typeof spec.ready === 'object' ? spec.ready.http : spec.ready)],
  ['listen_timeout', 'live', (spec) => spec.listenTimeout],
  ['drain_timeout', 'live', (spec) => spec.stop.drainTimeout],
  ['kill_timeout', 'live', (spec) => spec.stop.killTimeout],
  ['kill_signal', 'live', (spec) => spec.stop.killSignal],
  ['shutdown_with_message', 'live', (spec) => spec.stop.message],
  ['autostart', 'live', (spec) => spec.autostart],
  ['autorestart', 'live', (spec) => spec.restart.auto],
  ['stop_exit_codes', 'live', (spec) => spec.restart.stopExitCodes],
  ['min_uptime', 'live', (spec) => spec.restart.minUptime],
  ['max_restarts', 'live', (spec) => spec.restart.maxRestarts],
  ['restart_delay', 'live', (spec) => spec.restart.delay],
  ['exp_backoff_restart_delay', 'live', (spec) => spec.restart.backoff],
  ['health_check.http', 'live', (spec) => spec.triggers.health?.http],
  ['health_check.interval', 'live', (spec) => spec.triggers.health?.interval],
  ['health_check.timeout', 'live', (spec) => spec.triggers.health?.timeout],
  ['health_check.failures', 'live', (spec) => spec.triggers.health?.failures],
  ['event_loop_timeout', 'live', (spec) => spec.triggers.loopTimeout],
  ['max_memory_restart', 'live', (spec) => spec.triggers.maxMemory],
  ['cron_restart', 'live', (spec) => spec.triggers.cron?.line],
  ['cron_timezone', 'live', (spec) => spec.triggers.cron?.timeZone],
  ['watch', 'live', (spec) => spec.triggers.watch?.paths],
  ['ignore_watch', 'live', (spec) => spec.triggers.watch?.ignore],
  ['watch_delay', 'live', (spec) => spec.triggers.watch?.delay],
  ['watch_options', 'live', (spec) => spec.triggers.watch?.poll],
  ['depends_on', 'live', (spec) => spec.dependsOn.map(({ app, until }) => `${app} ${until}`)],
  ['out_file', 'live', (spec) => inCode(spec, spec.logs.out)],
  ['error_file', 'live', (spec) => inCode(spec, spec.logs.err)],
  ['log_file', 'live', (spec) => inCode(spec, spec.logs.all)],
  ['merge_logs', 'live', (spec) => spec.logs.merge],
  ['log_type', 'live', (spec) => spec.logs.json],
  ['log_date_format', 'live', (spec) => spec.logs.dateFormat],
  ['disable_logs', 'live', (spec) => spec.logs.disabled],
  ['log_rotation', 'live', (spec) => spec.logs.rotation === null],
  ['log_rotation.max_size', 'live', (spec) => spec.logs.rotation?.maxSize],
  ['log_rotation.max_age', 'live', (spec) => spec.logs.rotation?.maxAge],
  ['log_rotation.keep', 'live', (spec) => spec.logs.rotation?.keep],
  ['log_rotation.compress', 'live', (spec) => spec.logs.rotation?.compress],
  // Another release has another folder, so `cwd` and `script` differ where it is to be rolled.
  ['source', 'live', (spec) => spec.source?.origin.kind],
  ['source.git', 'live', ({ source }) => source?.origin.kind === 'git' && source.origin.address],
  ['source.archive', 'live', ({ source }) => source?.origin.kind === 'archive' && source.origin.address],
  ['source.folder', 'live', ({ source }) => source?.origin.kind === 'folder' && source.origin.path],
  ['source.sha256', 'live', ({ source }) => source?.origin.kind === 'archive' && source.origin.sha256],
  ['source.ref', 'live', ({ source }) => source?.origin.kind === 'git' && source.origin.ref],
  ['source.build', 'live', ({ source }) => source?.build],
  ['source.build_timeout', 'live', ({ source }) => source?.buildTimeout],
  ['source.poll', 'live', ({ source }) => source?.poll],
  ['source.keep', 'live', ({ source }) => source?.keep],
];

/** Before the name of a variable that no file sets. */
const INHERITED = 'environment.';
const NAMED_VARIABLES = 8;

/**
 * The fields that differ: first what rolls (code, `env` after the others, sorted, then what is inherited), then `instances`,
 * then the rest.
 */
export function changes(from: AppSpec, to: AppSpec): Change[] {
  const fields = FIELDS.filter(([, , value]) => !isSame(value(from), value(to))).map(
    ([path, effect]): Change => ({ path, effect, line: to.lines[path] ?? null }),
  );
  const env = differing(from.process.env, to.process.env).map((name): Change => {
    const path = `env.${name}`;
    return { path, effect: 'roll', line: to.lines[path] ?? null };
  });
  const inherited = differing(from.process.inherited ?? {}, to.process.inherited ?? {}).map(
    (name): Change => ({ path: `${INHERITED}${name}`, effect: 'roll', line: null }),
  );
  return [
    ...changedCode(from, to),
    ...fields.filter((change) => change.effect === 'roll'),
    ...env,
    ...inherited,
    ...fields.filter((change) => change.effect !== 'roll'),
  ];
}

/** A clause for each, but for variables that are inherited: those are one, `environment: DB_PASSWORD, API_URL`. */
export function changeTexts(
  found: readonly Change[],
  text: (change: Change) => string = changeText,
): string[] {
  const names = found.filter(isInherited).map(({ path }) => path.slice(INHERITED.length));
  const more = names.length - NAMED_VARIABLES;
  const named = [...names.slice(0, NAMED_VARIABLES), ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
  return found.flatMap((change) => {
    if (!isInherited(change)) return [text(change)];
    return change.path === `${INHERITED}${names[0] ?? ''}` ? [`environment: ${named}`] : [];
  });
}

/** `env.PORT changed (line 8)`, `code 4f2a91c0 → 9be1d3aa`. */
export function changeText({ path, line, values }: Change): string {
  if (values !== undefined) return `${path} ${values.from} → ${values.to}`;
  return `${path} changed${line === null ? '' : ` (line ${line})`}`;
}

/** A path below the code's folder is the same in another folder: a link that is switched is one change, of the code. */
function inCode({ process: { code } }: AppSpec, path: string | null): string | null {
  if (code === undefined || code.from === 'files' || path === null) return path;
  if (path === code.id || path === code.folder) return '';
  return path.startsWith(`${code.folder}/`) ? path.slice(code.folder.length) : path;
}

function changedCode(from: AppSpec, to: AppSpec): Change[] {
  const [a, b] = [from.process.code, to.process.code];
  if (a === undefined || b === undefined || (a.id === b.id && a.digest === b.digest)) return [];
  // Behind a link that leads where it did, files have changed.
  const [before, after] =
    a.id === b.id ? [a.digest, b.digest].map((digest) => digest?.slice(0, 8)) : [a.id, b.id];
  return [{ path: 'code', effect: 'roll', line: null, values: { from: before ?? '', to: after ?? '' } }];
}

/** A variable that no file sets, and `up` has brought. */
export function isInherited({ path }: Change): boolean {
  return path.startsWith(INHERITED);
}

function differing(from: Inherited, to: Inherited): string[] {
  const names = new Set([...Object.keys(from), ...Object.keys(to)]);
  return [...names].filter((name) => from[name] !== to[name]).sort();
}

function isSame(a: unknown, b: unknown): boolean {
  if (!Array.isArray(a) || !Array.isArray(b)) return a === b;
  return a.length === b.length && a.every((item, i) => item === b[i]);
}
