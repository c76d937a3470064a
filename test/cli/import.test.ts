/** `import`: what PM2 would have run is what the written file runs. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importFile } from '../../src/cli/import.ts';
import { evaluate } from '../../src/cli/import/evaluate.ts';
import { loadEcosystem } from '../../src/config/load-ecosystem.ts';
import type { AppSpec } from '../../src/model/spec.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-import-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const write = (name: string, text: string): string => {
  writeFileSync(path.join(folder, name), text);
  return name;
};
write('server.js', '');
write('worker.js', '');

async function run(name: string, output?: string): Promise<{ code: number; out: string; err: string }> {
  const told = { out: '', err: '' };
  const io = {
    write: (text: string) => (told.out += text),
    writeError: (text: string) => (told.err += text),
    cwd: folder,
  };
  const code = await importFile(name, output === undefined ? {} : { output }, io);
  return { code, ...told };
}

async function appsOf(name: string, env: Record<string, string> = {}): Promise<readonly AppSpec[]> {
  const options = {
    cores: 4,
    nodeVersion: 'v24.1.0',
    missingScript: 'warning',
    processEnv: { PATH: '/usr/bin', ...env },
  } as const;
  const { desired, diagnostics } = await loadEcosystem(path.join(folder, name), options);
  expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
  return (desired?.apps ?? []).map((app) => ({ ...app, lines: {} }));
}

const FULL = `
const path = require('path');
const base = { script: './server.js', max_memory_restart: '300M', autorestart: true };
module.exports = {
  apps: [
    { ...base, name: 'api', instances: 'max', exec_mode: 'cluster', cwd: __dirname, watch: false,
      env: { PORT: 3000, NODE_ENV: 'development', PRICE: '$\${5}', DEBUG: true }, env_production: { NODE_ENV: 'production' } },
    { ...base, name: 'worker', script: path.join(__dirname, 'worker.js'), interpreterArgs: '--trace-warnings',
      args: ['--queue', 'mail', 7], maxRestarts: 5, kill_timeout: 3000, out: './out.log', vizion: false },
    { name: 'py', script: 'python3', args: '-m http.server', interpreter: 'none', instances: 1, restart_delay: 100 },
  ],
  deploy: { production: { host: 'example.org' } },
};`;

describe('a JavaScript config', () => {
  test.each(['ecosystem.config.js', 'ecosystem.config.cjs'])('%s loses nothing', async (name) => {
    write(name, FULL);
    const { code, out } = await run(name);
    expect(code).toBe(0);
    write('imported.yml', out);
    const { value } = await evaluate(path.join(folder, name), 'unset');
    write(
      'evaluated.json',
      JSON.stringify(value).replaceAll('$${5}', () => '$$$${5}'),
    );
    const apps = await appsOf('imported.yml');
    expect(apps).toHaveLength(3);
    expect(apps).toEqual(await appsOf('evaluated.json'));
    expect(out).toMatch(/# Left out: deploy \(.*\)\./);
    expect(out).not.toContain('TODO');
    expect(out).not.toContain(folder);
  });

  test('a deploy block becomes a source, with what is to be looked at', async () => {
    write(
      'deploy.config.js',
      `module.exports = {
        apps: [{ name: 'api', script: './server.js' }],
        deploy: {
          staging: { host: 's.example', repo: 'git@git.example:shop.git' },
          production: { user: 'node', host: ['a.example'], path: '/srv', ref: 'origin/main', repo: 'git@git.example:shop.git',
            'post-deploy': 'npm ci && npm run build && pm2 reload ecosystem.config.js --env production' },
        },
      };`,
    );
    const { out } = await run('deploy.config.js');
    write('deploy.yml', out);
    const [app] = await appsOf('deploy.yml');
    expect(app?.source).toMatchObject({
      origin: { kind: 'git', address: 'git@git.example:shop.git', ref: 'main' },
      build: ['npm ci', 'npm run build'],
    });
    const comments = out.split('\n').filter((line) => line.startsWith('# '));
    expect(comments).toEqual(
      expect.arrayContaining([
        '# Left out: deploy.production.host (run cluster-up on the machine itself).',
        '# Left out: `pm2 reload ecosystem.config.js --env production` of deploy.production.post-deploy (a new release rolls by itself).',
        '# Left out: deploy.staging (`profiles` may name another `source`).',
      ]),
    );
    expect(out).toContain('# TODO: `source` was made of deploy.production: apps run from releases of it');
  });

  test('an ES module, with a promise', async () => {
    write(
      'ecosystem.config.mjs',
      'export default Promise.resolve({ apps: [{ script: "./server.js", instances: 2 }] });',
    );
    const { out } = await run('ecosystem.config.mjs');
    expect(out).toContain('apps:\n  - script: ./server.js\n    instances: 2\n');
  });

  test('variables stay variables, with their defaults', async () => {
    write(
      'env.config.js',
      'const { env } = process; module.exports = { apps: [{ name: `api-${env.STAGE}`, script: "server.js", instances: env.N || 2, env: { PORT: env.PORT || 3000, KEY: env.API_KEY }, ...(env.NODE_ENV === "production" ? { args: "x" } : {}) }] };',
    );
    const { out } = await run('env.config.js');
    expect(out).toContain('instances: ${N:-2}\n');
    expect(out).toContain('PORT: ${PORT:-3000}\n');
    expect(out).toContain('KEY: ${API_KEY} # TODO: needs `API_KEY` to be set\n');
    expect(out).toContain('name: api-${STAGE} # TODO: needs `STAGE` to be set\n');
    expect(out).toContain('# TODO: The file looks at `NODE_ENV`');
    write('env.yml', out);
    const [app] = await appsOf('env.yml', { API_KEY: 'k', STAGE: 'test', N: '3' });
    expect(app).toMatchObject({
      name: 'api-test',
      instances: 3,
      process: { env: { PORT: '3000', KEY: 'k' } },
    });
  });

  test('sees none of our variables', async () => {
    process.env['CLUSTER_UP_TEST_SECRET'] = 'hunter2';
    write(
      'nosy.config.js',
      'module.exports = { apps: [{ script: "server.js", args: JSON.stringify(process.env) + require("child_process").execSync("env") }] };',
    );
    const { out } = await run('nosy.config.js');
    delete process.env['CLUSTER_UP_TEST_SECRET'];
    expect(out).toContain('script: server.js');
    expect(out).not.toContain('hunter2');
  });

  test('functions and circles are left out, and said', async () => {
    write(
      'lost.config.js',
      'const a = { script: "server.js", log_date_format: () => 1 }; a.self = a; module.exports = { apps: [a] };',
    );
    const { code, out } = await run('lost.config.js');
    expect(code).toBe(0);
    expect(out).toContain('# TODO: apps[0].log_date_format is no data');
    expect(out).toContain('# TODO: apps[0].self is no data');
  });

  test('that throws, ends, hangs or does not exist fails with one line', async () => {
    write('throws.config.js', 'throw new TypeError("no such thing");');
    write('exits.config.js', 'process.exit(0);');
    write('hangs.config.js', 'for (;;) {}');
    expect(await run('throws.config.js')).toEqual({
      code: 1,
      out: '',
      err: 'cluster-up: throws.config.js cannot be imported: TypeError: no such thing\n',
    });
    expect((await run('exits.config.js')).err).toBe(
      'cluster-up: exits.config.js cannot be imported: it exports no apps\n',
    );
    await expect(evaluate(path.join(folder, 'hangs.config.js'), 'unset', 500)).rejects.toThrow(
      'did not come to an end',
    );
    expect((await run('nowhere.json')).err).toBe('cluster-up: there is no file nowhere.json\n');
  });
});

describe('data', () => {
  test.each([
    [
      'pm2.json',
      '{ // the api\n "apps": [{ "name": "api", "script": "server.js", "execMode": "cluster", "instances": "2", "env": {"A": null, "B": 1.5} }] }',
    ],
    [
      'process.yml',
      'apps:\n  - &a { name: a, cmd: server.js, out: ./a.log }\n  - { <<: *a, name: b, node_args: [--trace-warnings] }\n',
    ],
    ['list.json', '[{ "script": "server.js" }, { "script": "worker.js" }]'],
    ['named.yml', 'pm2: { api: { script: server.js }, worker: { script: worker.js } }'],
    ['one.json', '{ "script": "server.js", "instances": -1 }'],
  ])('%s loses nothing', async (name, text) => {
    write(name, text);
    const { code, out } = await run(name);
    expect(code).toBe(0);
    write(`${name}.imported.yml`, out);
    expect(await appsOf(`${name}.imported.yml`)).toEqual(await appsOf(name));
  });

  test('a file written elsewhere says where it belongs', async () => {
    write('here.json', '{ "script": "server.js" }');
    const elsewhere = path.join(folder, 'elsewhere', 'to.yml');
    mkdirSync(path.dirname(elsewhere));
    expect((await run('here.json', elsewhere)).code).toBe(0);
    expect(readFileSync(elsewhere, 'utf8')).toContain(`# TODO: Paths are relative to ${folder}`);
  });

  test('--output never overwrites', async () => {
    write('from.json', '{ "script": "server.js" }');
    expect((await run('from.json', 'to.yml')).code).toBe(0);
    const again = await run('from.json', 'to.yml');
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining('to.yml exists already') as string });
    expect(readFileSync(path.join(folder, 'to.yml'), 'utf8')).toContain('script: server.js');
  });
});
