// docs/pm2.md: what becomes of every key of PM2.
const INTRO = `# Coming from PM2

Generated from \`schemas/ecosystem.schema.json\` by \`npm run generate\`. Do not edit.

A YAML or JSON file of PM2 runs unchanged: \`cluster-up validate FILE\`, then \`cluster-up FILE\`. Its shapes (\`apps\` as a
list, a mapping or one app; \`pm2:\`; a bare list; one bare app), its other spellings of keys, camelCase, and its forms of
values (\`"4"\`, \`max\`, \`0\`, \`-1\`, \`cluster_mode\`, an empty \`env\`) mean what they mean to PM2. Warnings say what has no
meaning here and what to use instead.

## A JavaScript config

\`up\` and \`validate\` never run code to read a file. \`cluster-up import ecosystem.config.js\` does, once and because you
ask for it:

\`\`\`sh
cluster-up import ecosystem.config.js -o ecosystem.yml
cluster-up validate ecosystem.yml
\`\`\`

The config runs in a process of its own that gets none of your environment variables (only a \`PATH\`) and 10 seconds.
It is no sandbox: the code can do what your user can do, so import only what you would have run with PM2.
Where a value comes from a variable, the YAML says so: \`process.env.PORT || 3000\` becomes \`\${PORT:-3000}\`. What a person
has to look at (a condition on \`NODE_ENV\`, a function, a variable without a default) has a comment with \`TODO\`.
\`import\` takes JSON and YAML of PM2, too.

## Every key

**same**: means what it means to PM2. **better**: means that, and more. **ignored**: accepted with a warning that says
what to use.
`;

export function pm2Page(schema) {
  const { app, root } = schema.$defs;
  const keys = { ...app.properties, 'env_<name>': app.patternProperties['^env_(?!file$).+'] };
  return [
    INTRO,
    table({ ...pick(root.properties, ['apps', 'pm2', 'deploy', 'static']) }),
    'In each app:\n',
    table(keys),
  ].join('\n');
}

function table(properties) {
  const rows = Object.entries(properties)
    .map(([key, property]) => [key, fateOf(property, properties)])
    .filter(([, fate]) => fate !== null)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, fate]) => `| \`${key}\` | ${fate.replaceAll('|', '\\|')} |`);
  return `| key | here |\n|---|---|\n${rows.join('\n')}\n`;
}

/** What becomes of a key; null for one that PM2 does not have. */
function fateOf(property, properties) {
  const alias = property['x-alias-of'];
  if (alias) {
    const target = properties[alias];
    return target && fateOf(target, properties) !== null ? `same as \`${alias}\`` : null;
  }
  if (property['x-ignored']) return `**ignored**: ${property['x-ignored']}`;
  if (!property['x-pm2']) return null;
  return property['x-pm2'].replace(/^(same|better)/, '**$1**');
}

function pick(object, keys) {
  return Object.fromEntries(keys.map((key) => [key, object[key]]));
}
