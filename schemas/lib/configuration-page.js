// docs/configuration.md: every key, from the schema.
import { mapValues } from './prune.js';

const INTRO = `# The ecosystem file

Generated from \`schemas/ecosystem.schema.json\` by \`npm run generate\`. Do not edit.

An ecosystem file says which apps run and how many workers each has. It is YAML, or JSON with or without
comments, and its vocabulary is PM2's.

\`\`\`yaml
# yaml-language-server: $schema=./node_modules/cluster-up/schemas/ecosystem.schema.json
apps:
  - name: api
    script: ./server.js
    instances: max
    env: { PORT: 8080 }
    env_production: { LOG_LEVEL: warn }
    rollout: { max_surge: 1, max_unavailable: 0 }
\`\`\`

## Shapes

The apps are a list (\`apps: [...]\`), a mapping from name to app (\`apps: { api: {...} }\`), or one app. The list,
or one app, may also be the whole file, and \`pm2:\` is another spelling of \`apps:\`.

Keys that begin with \`x-\` or \`.\` are yours: they are ignored, and are a good place for YAML anchors. Keys may be
written in camelCase (\`maxRestarts\`). A key without a value counts as not written.

## Values

- **Durations** are milliseconds, or a number with \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`: \`1500\`, \`10s\`, \`5m\`.
- **Numbers** may be quoted: \`"4"\` is 4.
- **Variables**: \`\${NAME}\` is the value of a variable in the environment of the command, and an error if it is not
  set. \`\${NAME:-default}\` has a default for an unset or empty one (\`\${NAME-default}\`: only for an unset one), and
  \`\${NAME:?message}\` says why it is needed. In a file that has one of them, \`$$\` is a
  dollar. Variables stand in values, not in keys.
- **Environment variables** are passed on as they are written: \`3.10\` stays \`3.10\`, \`true\` is \`true\`, and no value is
  the empty string.

## Precedence of variables

The supervisor's own environment, then \`env_file\`, then \`port\` (as \`PORT\`), then \`env\`, then \`env_<name>\` under
\`--env <name>\`; later ones win. An \`env_file\` is read as dotenv reads it.

## One file for all environments

\`\`\`yaml
include: [./workers/ecosystem.yml]        # its apps run too; paths in it are relative to its own folder
defaults:                                 # below the settings of every app of this file
  drain_timeout: 30s
  env: { TZ: UTC }
apps:
  - name: api
    script: ./server.js
    env_production: { LOG_LEVEL: warn }   # variables under --env production
    profiles:                             # any setting under --env <name>
      production: { instances: max }
      test: false                         # does not run under --env test
  - name: api-canary
    extends: api                          # all of it but the name; or { file: ./base.yml, app: api }
    instances: 1
  - name: debugger
    script: ./debug.js
    profiles: [debug]                     # runs only under --env debug
\`\`\`

What an app says itself wins over what it \`extends\`, and that over \`defaults\`; the profile in force wins over all three.
\`env\`, \`env_<name>\`, \`rollout\`, \`health_check\`, \`source\` and \`profiles\` are merged key by key, everything else is replaced. A \`cwd\`
and the paths in a \`source\` are relative to the file that says them. \`<<\` and anchors work as in every YAML file. Every problem is reported in the file
and on the line that a person has to change.
`;

export function configurationPage(schema) {
  const { app, root, rollout, log_rotation, health_check, metrics, source } = schema.$defs;
  const context = { schema };
  const keys = Object.entries(app.properties).filter(
    ([, property]) => !property['x-alias-of'] && !property['x-ignored'],
  );
  const sections = Object.entries(Object.groupBy?.(keys, section) ?? groupBy(keys, section));
  return [
    INTRO,
    '## The whole file\n',
    tableOf(
      Object.entries(root.properties).filter(([, p]) => !p['x-alias-of'] && !p['x-ignored']),
      context,
    ),
    ...sections.flatMap(([title, entries]) => [
      `## ${title}\n`,
      tableOf(withPatterns(title, entries, app), context, app),
    ]),
    '## `source`\n',
    tableOf(Object.entries(source.properties), context),
    '## `rollout`\n',
    tableOf(Object.entries(rollout.properties), context),
    '## `log_rotation`\n',
    tableOf(Object.entries(log_rotation.properties), context),
    '## `health_check`\n',
    tableOf(Object.entries(health_check.properties), context),
    '## `metrics`\n',
    tableOf(Object.entries(metrics.properties), context),
    '## Accepted for PM2, without effect\n',
    'Each gives a warning, unless its value is what happens here anyway.\n',
    ignoredTable({ ...root.properties, ...app.properties }),
  ].join('\n');
}

const section = ([, property]) => property['x-section'];

function groupBy(items, keyOf) {
  const groups = {};
  for (const item of items) (groups[keyOf(item)] ??= []).push(item);
  return groups;
}

/** `env_<name>` is a pattern in the schema; in the page it follows `env`. */
function withPatterns(title, entries, app) {
  if (title !== 'Environment') return entries;
  const [first, ...rest] = entries;
  return [first, ['env_<name>', Object.values(app.patternProperties)[0]], ...rest];
}

function tableOf(entries, { schema }, app) {
  const rows = entries.map(([key, property]) => {
    const whole = { ...definition(schema, property), ...property };
    const aliases = app ? spellings(key, app.properties) : '';
    const [fallback, example] = ['default' in whole ? code(whole.default) : '', code(whole.examples?.[0])];
    return `| \`${key}\` | ${typeOf(whole)} | ${fallback} | ${escape(whole.description)}${aliases} | ${example} |`;
  });
  return `| key | type | default | meaning | example |\n|---|---|---|---|---|\n${rows.join('\n')}\n`;
}

function ignoredTable(properties) {
  const rows = Object.entries(properties).filter(([, property]) => property['x-ignored']);
  return `| key | instead |\n|---|---|\n${rows.map(([key, property]) => `| \`${key}\` | ${escape(property['x-ignored'])} |`).join('\n')}\n`;
}

function spellings(key, properties) {
  const names = Object.keys(mapValues(properties, (p) => p)).filter(
    (name) => properties[name]['x-alias-of'] === key,
  );
  return names.length === 0 ? '' : ` Also: ${names.map((name) => `\`${name}\``).join(', ')}.`;
}

function definition(schema, { $ref }) {
  return $ref ? schema.$defs[$ref.split('/').at(-1)] : {};
}

function typeOf(property) {
  if (property.enum)
    return property.enum
      .filter((value) => !value.endsWith('_mode'))
      .map(code)
      .join(', ');
  return escape(property['x-expects'] ?? [property.type].flat().join(', '));
}

function code(value) {
  return value === undefined
    ? ''
    : `\`${escape(typeof value === 'string' ? value : JSON.stringify(value))}\``;
}

function escape(text) {
  return text.replaceAll('|', '\\|');
}
