/** What `init` writes for many kinds of folder: always a valid file, never over another. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { init } from '../../src/cli/init.ts';
import { disk, parseEcosystem, type Loaded } from '../../src/config/load-ecosystem.ts';

const SERVER = "require('node:http').createServer().listen(process.env.PORT || 3000)";

let folder = '';
const said = { out: '', err: '' };

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(os.tmpdir(), 'init-')), 'shop');
  mkdirSync(folder);
  Object.assign(said, { out: '', err: '' });
});
afterEach(() => rmSync(path.dirname(folder), { recursive: true }));

function put(files: Readonly<Record<string, string | object>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
    writeFileSync(path.join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
}

function run(): Promise<number> {
  return init(folder, { out: (text) => (said.out += text), err: (text) => (said.err += text) });
}

const text = (): string => readFileSync(path.join(folder, 'ecosystem.yml'), 'utf8');

function load(missingScript: 'warning' | 'error'): Loaded {
  const processEnv = { PATH: process.env['PATH'] };
  const options = { cores: 4, processEnv, nodeVersion: process.version, missingScript, files: disk };
  return parseEcosystem(text(), path.join(folder, 'ecosystem.yml'), options);
}

/** `name mode instances | interpreter nodeArgs script args | env` of each app that was written. */
async function written(files: Readonly<Record<string, string | object>>): Promise<string[]> {
  put(files);
  expect([await run(), said.err]).toEqual([0, '']);
  const { desired } = load('warning');
  return (desired?.apps ?? []).map(({ name, instances, process: spec }) => {
    const inFolder = path.relative(folder, spec.script);
    const found = inFolder.startsWith('..') ? path.basename(spec.script) : inFolder;
    const script = spec.shell ? `sh:${spec.script}` : found;
    const command = [spec.interpreter, ...spec.interpreterArgs, script, ...spec.args].filter(
      (word) => word !== null,
    );
    const env = Object.entries(spec.env).map(([key, value]) => `${key}=${value}`);
    return `${name} ${spec.mode} ${instances} | ${command.join(' ')} | ${env.join(' ')}`.trim();
  });
}

describe('one app', () => {
  test.each<[string, Readonly<Record<string, string | object>>, string]>([
    ['a server by its usual name', { 'server.js': SERVER }, 'shop cluster 4 | node server.js | PORT=3000'],
    ['a worker', { 'index.mjs': 'setInterval(() => {}, 1000)' }, 'shop fork 1 | node index.mjs |'],
    ['a build', { 'dist/main.js': "import 'fastify'" }, 'shop cluster 4 | node dist/main.js |'],
    [
      'main',
      { 'package.json': { name: '@acme/api', main: 'lib/go.js' }, 'lib/go.js': SERVER },
      'api cluster 4 | node lib/go.js | PORT=3000',
    ],
    ['bin', { 'package.json': { bin: { go: './cli.js' } }, 'cli.js': '' }, 'shop fork 1 | node cli.js |'],
    [
      'a start script',
      {
        'package.json': { scripts: { start: 'NODE_ENV=production node --no-warnings srv.js --a "b c"' } },
        'srv.js': SERVER,
      },
      'shop cluster 4 | node --no-warnings srv.js --a b c | NODE_ENV=production PORT=3000',
    ],
    [
      'a start script that is not built yet',
      { 'package.json': { scripts: { start: 'node dist/s.js' }, dependencies: { express: '5' } } },
      'shop cluster 4 | node dist/s.js |',
    ],
    [
      'a start script of a start script',
      { 'package.json': { scripts: { start: 'npm run -s serve', serve: 'nodemon a.js' } }, 'a.js': '' },
      'shop fork 1 | node a.js |',
    ],
    [
      'a start script in a circle',
      { 'package.json': { scripts: { start: 'npm start' } } },
      'shop fork 1 | npm start |',
    ],
    [
      'a start script for the shell',
      { 'package.json': { scripts: { start: 'npm run build && node a.js' } } },
      'shop fork 1 | npm start |',
    ],
    [
      'a start script with node --watch',
      { 'package.json': { scripts: { start: 'node --watch -r dotenv/config a.js' } } },
      'shop fork 1 | node -r dotenv/config a.js |',
    ],
    [
      'a start script of a tool',
      {
        'package.json': { scripts: { start: 'next start -p 4000' } },
        'node_modules/.bin/next': '#!/usr/bin/env node\n',
      },
      'shop fork 1 | node node_modules/.bin/next start -p 4000 |',
    ],
    [
      'a Dockerfile',
      {
        Dockerfile: 'FROM node\nWORKDIR /app\nEXPOSE 8080/tcp\nCMD ["node", "/app/web.js"]\n',
        'web.js': SERVER,
      },
      'shop cluster 4 | node web.js | PORT=8080',
    ],
    [
      'a Dockerfile in words',
      { Dockerfile: 'FROM node\nENTRYPOINT ["node"]\nCMD web.js \\\n  --fast\n', 'web.js': SERVER },
      'shop cluster 4 | node web.js --fast | PORT=3000',
    ],
    [
      'the port of a Dockerfile',
      { Dockerfile: 'EXPOSE 80', 'server.js': SERVER },
      'shop cluster 4 | node server.js | PORT=80',
    ],
    ['nothing at all', {}, 'shop cluster 4 | node server.js |'],
    ['a broken package.json', { 'package.json': '{', 'app.js': '' }, 'shop fork 1 | node app.js |'],
    [
      'a package.json of wrong types',
      { 'package.json': { name: 1, main: [], bin: 2, scripts: null, dependencies: 'x' }, 'app.js': '' },
      'shop fork 1 | node app.js |',
    ],
  ])('%s', async (_, files, expected) => {
    expect(await written(files)).toEqual([expected]);
  });
});

test('a Procfile', async () => {
  const Procfile =
    'web: node server.js\nworker: python3 work.py --all\nclock: echo "$HOME ${X}" | cat\nrelease: ./migrate\n# no\n';
  expect(await written({ Procfile, 'server.js': SERVER, 'work.py': '' })).toEqual([
    'web cluster 4 | node server.js | PORT=3000',
    expect.stringMatching(/^worker fork 1 \| python3? work\.py --all \| PYTHONUNBUFFERED=1$/),
    'clock fork 1 | sh:echo "$HOME ${X}" | cat |',
  ]);
  expect(said.out).toContain('`release` of the Procfile is left out');
});

test('the whole text of a typical file', async () => {
  await written({
    'package.json': { name: 'api', scripts: { start: 'node server.js' } },
    'server.js': SERVER,
  });
  expect(text()).toMatchInlineSnapshot(`
    "# yaml-language-server: $schema=./node_modules/cluster-up/schemas/ecosystem.schema.json
    # Which apps run, and how many workers each has. Written by \`cluster-up init\` from the start script of package.json.
    #   cluster-up validate   checks this file
    #   cluster-up            makes it so, and follows every edit of it
    apps:
      - name: api
        script: ./server.js
        # A worker per core; a number is as good. \`cluster-up scale api +1\` changes it here.
        instances: max
        # Workers share their sockets, so that neither an edit nor a reload loses a request.
        exec_mode: cluster
        env:
          PORT: 3000
        # Merged over env by \`cluster-up --env production\`.
        env_production:
          NODE_ENV: production
    "
  `);
  expect(said.out).toBe(
    'wrote ecosystem.yml with 1 app, from the start script of package.json\nnext: look at it, then run cluster-up\n',
  );
  expect(load('error').diagnostics).toEqual([]);
});

test.each([
  'true',
  '007',
  '1e3',
  '-x',
  'a: b',
  'x #y',
  "it's",
  '${HOME}',
  '$$',
  '*a',
  '@b',
  'ünï',
  '"q"',
  '',
])('the argument %j survives', async (word) => {
  const start = `node a.js ${JSON.stringify(word).replaceAll('$', '\\$')}`;
  put({ 'package.json': { scripts: { start } }, 'a.js': '' });
  expect(await run()).toBe(0);
  const { process: spec } = load('error').desired?.apps[0] ?? {};
  // A dollar is for the shell, which npm asks.
  expect(spec?.args).toEqual(word.includes('$') || word.includes('*') ? ['start'] : [word]);
});

describe('a PM2 file', () => {
  test('in YAML is taken over with its comments', async () => {
    const pm2 = 'apps:\n  # mine\n  - script: a.js\n    instances: max # all\n';
    expect(await written({ 'pm2.yml': pm2, 'a.js': '', Procfile: 'web: node b.js' })).toEqual([
      'a cluster 4 | node a.js |',
    ]);
    expect(text().endsWith(pm2)).toBe(true);
    expect(text()).toMatch(
      /^# yaml-language-server: \$schema=.*\n# Taken over from pm2\.yml by `cluster-up init`\.\n/,
    );
    expect(said.out).toContain('pm2.yml is needed no more');
  });
  test('in JSON becomes YAML', async () => {
    const json =
      '{ // all\n "apps": [{ "name": "on", "script": "a.js", "args": ["007", "a b"], "env": { "A": "1.0", "B": true } }] }';
    expect(await written({ 'process.json': json, 'a.js': '' })).toEqual([
      'on fork 1 | node a.js 007 a b | A=1.0 B=true',
    ]);
    expect(text()).toContain('apps:\n  - name: on\n    script: a.js\n');
    expect(text()).toContain('its comments stayed there');
  });
  test('with errors is not', async () => {
    put({ 'pm2.yml': 'apps:\n  - skript: a.js\n' });
    expect(await run()).toBe(1);
    expect(said.err).toBe(
      'cluster-up: pm2.yml is a PM2 file with errors: `cluster-up validate pm2.yml` shows them\n',
    );
    expect(readdirSync(folder)).toEqual(['pm2.yml']);
  });
  test('that is a program is mentioned and not run', async () => {
    await written({ 'ecosystem.config.js': 'throw new Error()', 'server.js': SERVER });
    expect(said.out).toContain(
      'note: ecosystem.config.js is a program and was not run: carry over what it sets\n',
    );
  });
});

test.each(['ecosystem.yml', 'ecosystem.yaml'])('%s is never overwritten', async (name) => {
  put({ [name]: 'mine', 'server.js': '' });
  expect(await run()).toBe(1);
  expect(said).toEqual({ out: '', err: `cluster-up: ${name} exists already, and was left as it is\n` });
  expect(readFileSync(path.join(folder, name), 'utf8')).toBe('mine');
  expect(readdirSync(folder).sort()).toEqual([name, 'server.js']);
});

test('a folder that does not exist', async () => {
  expect(await init(path.join(folder, 'none'), { out: () => {}, err: (line) => (said.err += line) })).toBe(1);
  expect(said.err).toMatch(/none is no folder that can be read\n$/);
});

test('a script that is missing is told', async () => {
  await written({});
  expect(said.out).toMatch(/note: The script does not exist: .*server\.js\./);
});
