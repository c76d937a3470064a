/** The text of a systemd unit that runs an ecosystem file. */
import path from 'node:path';
import type { AppSpec } from '../../model/spec.ts';

export interface UnitFacts {
  /** Absolute. */
  readonly file: string;
  /** Absolute paths and flags: what runs the file, up to the word `up`. */
  readonly program: readonly string[];
  /** `--env production` and the like. */
  readonly flags: readonly string[];
  readonly user: string;
  readonly apps: readonly AppSpec[];
  /** Those of the environment that the file reads and systemd does not set. */
  readonly variables: readonly string[];
}

/** What comes on top of the apps' own time to drain and to end, in ms. */
const MARGIN = 15_000;
/** systemd's own, but for the folder of Node in front. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** What systemd sets by itself, or the unit does. */
const SET = new Set(['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'CLUSTER_UP_HOME']);

/** Of the variables that a file reads, those that somebody has to set for the unit. */
export function unsetVariables(all: readonly string[]): string[] {
  return all.filter((name) => !SET.has(name));
}

/** Where the unit has the variables from. */
export function variablesFile(file: string): string {
  return `/etc/${unitName(file)}.env`;
}

/** What the unit, its folder in /run and its file are called. */
export function unitName(file: string): string {
  const name = path
    .basename(path.dirname(file))
    .replaceAll(/[^\w.-]+/g, '-')
    .replaceAll(/^[-.]+|-+$/g, '');
  return name === '' ? 'cluster-up' : name;
}

export function unitText({ file, program, flags, user, apps, variables }: UnitFacts): string {
  const [node = ''] = program;
  const name = unitName(file);
  return `# Runs ${oneLine(file)}. Written by \`cluster-up init systemd\`; yours to change.

[Unit]
Description=cluster-up ${specifiers(oneLine(file))}
Wants=network-online.target
After=network-online.target

[Service]
Type=notify
# The supervisor speaks through systemd-notify, a process of its own. The apps do not get NOTIFY_SOCKET.
NotifyAccess=all
# Ready is said when every app is as the file asks, or when it is clear which cannot be. Until then, and while it
# drains, the supervisor asks for more time as long as it is well.
TimeoutStartSec=90
# The longest drain_timeout and kill_timeout of the apps, and some more.
TimeoutStopSec=${stopSeconds(apps)}
WatchdogSec=60
User=${specifiers(user)}
WorkingDirectory=${specifiers(path.dirname(file))}
# Where the control socket is: CLUSTER_UP_HOME=/run/${name} cluster-up ls
RuntimeDirectory=${name}
RuntimeDirectoryMode=0700
RuntimeDirectoryPreserve=restart
Environment=CLUSTER_UP_HOME=/run/${name}
Environment=${quoted(`PATH=${path.dirname(node)}:${PATH}`)}
${variablesText(file, variables)}ExecStart=${[...program, 'up', file, ...flags].map(argument).join(' ')}
# Reads the file again and makes it so, also with --no-watch.
ExecReload=/bin/kill -HUP $MAINPID
# SIGTERM goes to the supervisor alone: it drains the apps.
KillMode=mixed
Restart=on-failure
RestartSec=2
# A worker that runs out of memory is replaced by the supervisor; it is no reason to stop everything.
OOMPolicy=continue
${hardening(user)}
[Install]
WantedBy=multi-user.target
`;
}

function variablesText(file: string, variables: readonly string[]): string {
  if (variables.length === 0) return '';
  return `# What the ecosystem file reads of the environment (${variables.join(', ')}), a line NAME=value each.
EnvironmentFile=-${variablesFile(file)}
`;
}

/** Nothing that keeps an app from its files, its devices, or from compiling JavaScript. */
function hardening(user: string): string {
  const always = ['ProtectKernelTunables', 'ProtectKernelModules', 'ProtectControlGroups', 'ProtectClock'];
  // Apps that root starts may change their user.
  const asUser = ['NoNewPrivileges', 'RestrictSUIDSGID', 'LockPersonality', 'RestrictRealtime'];
  const isRoot = user === 'root' || user === '0';
  const names = isRoot ? always : [...always, ...asUser];
  const ports = '# AmbientCapabilities=CAP_NET_BIND_SERVICE   for ports below 1024\n';
  return `${names.map((name) => `${name}=yes\n`).join('')}${isRoot ? '' : ports}`;
}

function stopSeconds(apps: readonly AppSpec[]): number {
  const longest = Math.max(0, ...apps.map(({ stop }) => stop.drainTimeout + stop.killTimeout));
  return Math.ceil((longest + MARGIN) / 1000);
}

function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]/g, ' ');
}

function specifiers(text: string): string {
  return text.replaceAll('%', '%%');
}

function quoted(text: string): string {
  const escaped = specifiers(text).replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
  return /[\s"'\\]/.test(text) ? `"${escaped}"` : escaped;
}

/** A word of a command line, in which a dollar would begin a variable. */
function argument(text: string): string {
  return quoted(text).replaceAll('$', '$$$$');
}
