/** The text of a first ecosystem file. */
import type { Draft, Findings } from './draft.ts';

export const SCHEMA_LINE =
  '# yaml-language-server: $schema=./node_modules/cluster-up/schemas/ecosystem.schema.json';

export function fileText({ drafts, source }: Findings): string {
  return `${SCHEMA_LINE}
# Which apps run, and how many workers each has. Written by \`cluster-up init\` from ${source}.
#   cluster-up validate   checks this file
#   cluster-up            makes it so, and follows every edit of it
apps:
${drafts.map(appText).join('\n')}`;
}

function appText(draft: Draft): string {
  const { name, script, args, interpreter, nodeArgs, env } = draft;
  const lines = [
    `- name: ${scalar(name)}`,
    `  script: ${scalar(script)}`,
    ...(interpreter === null ? [] : [`  interpreter: ${scalar(interpreter)}`]),
    ...(nodeArgs.length === 0 ? [] : [`  node_args: ${list(nodeArgs)}`]),
    ...(args.length === 0 ? [] : [`  args: ${list(args)}`]),
    ...modeLines(draft),
    ...envLines(env),
  ];
  return lines.map((line) => `  ${line}\n`).join('');
}

function modeLines({ serves, name }: Draft): readonly string[] {
  if (!serves)
    return [
      '  # One process. `exec_mode: cluster` with `instances` runs several workers of a Node server.',
      '  exec_mode: fork',
    ];
  return [
    `  # A worker per core; a number is as good. \`cluster-up scale ${name} +1\` changes it here.`,
    '  instances: max',
    '  # Workers share their sockets, so that neither an edit nor a reload loses a request.',
    '  exec_mode: cluster',
  ];
}

function envLines(env: Readonly<Record<string, string>>): readonly string[] {
  const entries = Object.entries(env);
  const own =
    entries.length === 0
      ? []
      : ['  env:', ...entries.map(([key, value]) => `    ${scalar(key)}: ${scalar(value)}`)];
  const block = '  # Merged over env by `cluster-up --env production`.';
  if (env['NODE_ENV'] !== undefined) return own;
  return [...own, block, '  env_production:', '    NODE_ENV: production'];
}

function list(words: readonly string[]): string {
  return `[${words.map(scalar).join(', ')}]`;
}

/** Quoted where YAML would read something else; a dollar would begin an interpolation. */
function scalar(text: string): string {
  const isPlain =
    /^[A-Za-z_./][\w./:=@+-]*$/.test(text) && !/:$|^(true|false|null|yes|no|on|off|\.(inf|nan))$/i.test(text);
  const isCount = /^(0|[1-9]\d{0,8})$/.test(text);
  return isPlain || isCount ? text : JSON.stringify(text.replaceAll('$', '$$$$'));
}
