/** What the ecosystem files say, as values; and as text. */
import path from 'node:path';

/** `web`, `nobody` and `socket` run in cluster mode, the others in fork mode. */
export type Kind = 'web' | 'nobody' | 'socket' | 'forked' | 'program';
export type Script = 'server.js' | 'loop.sh' | 'throws.js' | 'exits.js' | 'hangs.js';

export interface App {
  readonly name: string;
  readonly kind: Kind;
  readonly script: Script;
  readonly instances: number;
  /** Told in every answer; changes with each edit that has to replace the workers. */
  readonly value: number;
  readonly mode: 'cluster' | 'fork';
  readonly balance: string | null;
  readonly host: string | null;
  /** Null: it does not listen on a port. */
  readonly port: number | null;
  /** Path of the socket that it listens on. */
  readonly socket: string | null;
  readonly args: string | null;
  /** In which file it stands. */
  readonly from: 'main' | 'included';
  /** Whether its value comes from an env_file. */
  readonly envFile: boolean;
}

/** Makes the main file, or the included one, invalid. */
export type Fault =
  | 'syntax'
  | 'unknown key'
  | 'bad value'
  | 'included syntax'
  | 'missing include'
  | 'empty'
  | 'file away'
  | 'folder away';

export interface Content {
  readonly apps: readonly App[];
  /** Null: it is valid. */
  readonly fault: Fault | null;
}

export const MAIN = 'ecosystem.yml';
export const INCLUDED = 'more.yml';

/** One for each address, so that an app that is renamed keeps it. */
export function envFileOf({ name, port, socket }: App): string {
  return `${port ?? (socket === null ? name : path.basename(socket))}.env`;
}

export function isGood(app: App): boolean {
  return app.script === 'server.js' || app.script === 'loop.sh';
}

export function listens(app: App): boolean {
  return app.port !== null || app.socket !== null;
}

/** Texts by file name. */
export function render(content: Content): Map<string, string> {
  const files = new Map([
    [MAIN, mainFile(content)],
    [INCLUDED, includedFile(content)],
  ]);
  for (const app of content.apps) if (app.envFile) files.set(envFileOf(app), `VALUE=${app.value}\n`);
  return files;
}

function mainFile({ apps, fault }: Content): string {
  if (fault === 'empty') return '';
  const include = fault === 'missing include' ? './nowhere.yml' : `./${INCLUDED}`;
  return [
    `include: [${include}]`,
    'orphan_timeout: 30s',
    ...DEFAULTS,
    ...listOf(apps.filter(({ from }) => from === 'main')),
    ...(fault === 'syntax' ? ['  - { name: never closed'] : []),
    ...(fault === 'unknown key' ? ['  - { name: odd, script: ./loop.sh, instnaces: 2 }'] : []),
    ...(fault === 'bad value' ? ['  - { name: odd, script: ./loop.sh, kill_timeout: soon }'] : []),
    '',
  ].join('\n');
}

function includedFile({ apps, fault }: Content): string {
  const own = apps.filter(({ from }) => from === 'included');
  return [
    ...DEFAULTS,
    ...listOf(own),
    ...(fault === 'included syntax' ? ['  - { name: "never closed'] : []),
    '',
  ].join('\n');
}

const DEFAULTS = [
  'defaults:',
  '  { drain_timeout: 1500, kill_timeout: 500, min_uptime: 200, rollout: { deadline: 2500 } }',
];

function listOf(apps: readonly App[]): string[] {
  return apps.length === 0 ? ['apps: []'] : ['apps:', ...apps.map(lineOf)];
}

/** One app, as it stands in the file. */
export function lineOf(app: App): string {
  const env = [
    `APP: ${app.name}`,
    ...(app.envFile ? [] : [`VALUE: ${app.value}`]),
    ...(app.port === null ? [] : [`PORT: ${app.port}`]),
    ...(app.host === null ? [] : [`HOST: "${app.host}"`]),
    ...(app.socket === null ? [] : [`SOCKET: ${app.socket}`]),
  ];
  const fields = [
    `name: ${app.name}`,
    `script: ./${app.script}`,
    `exec_mode: ${app.mode}`,
    `instances: ${app.instances}`,
    `env: { ${env.join(', ')} }`,
    ...(app.envFile ? [`env_file: ./${envFileOf(app)}`] : []),
    ...(app.balance === null ? [] : [`balance: ${app.balance}`]),
    ...(app.args === null ? [] : [`args: "${app.args}"`]),
    ...(app.socket === null ? [] : ['ready: listening']),
    ...(app.kind === 'nobody' ? ['uid: nobody'] : []),
  ];
  return `  - { ${fields.join(', ')} }`;
}
