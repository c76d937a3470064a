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

## Another environment

PM2 gives an app the environment of the shell that starts or restarts it, with \`--update-env\` only where that runs already.
Here a second \`cluster-up up\` of the file brings the environment of its shell along, for \`\${…}\` and for what workers
inherit, and rolls exactly the apps that inherit what differs. \`reload\` and \`restart\` keep the one there is, unless they are
told \`--update-env\`, which is for all apps of the file. [guide.md](guide.md#another-environment) has the whole of it.

## Messages of workers

Nobody listens to what an app sends with \`process.send()\`, but for \`'ready'\`; one line per app says so at the first
message. With PM2 this differs where an app counts on PM2's process: \`process.send({ type: 'process:msg' })\` and PM2's
bus, \`pm2.sendDataToProcessId()\` and packages made of them (\`pm2-intercom\`, \`@socket.io/pm2\`). What workers
have to tell each other goes through what all of them reach: Redis, a database, a socket of yours.

Packages that hand their work to the primary of \`node:cluster\` find none of their own here:

- **log4js** sends each line to the primary, which writes it, so every line would be lost. Set
  \`disableClustering: true\` in \`log4js.configure()\`, and write to \`stdout\`, or to a file per worker
  (\`process.env.NODE_APP_INSTANCE\` in its name). \`pm2: true\` has no effect.
- **@socket.io/cluster-adapter** and **@socket.io/sticky**: use \`balance: sticky\` and the Redis adapter.
- **prom-client**'s \`AggregatorRegistry\`: \`cluster-up metrics\` adds up what all workers measure, or label each
  worker's own page with \`NODE_APP_INSTANCE\`.

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
