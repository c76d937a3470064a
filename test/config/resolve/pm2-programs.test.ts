/** Which program a file of PM2 runs: script and interpreter as PM2 finds them. */
import { describe, expect, test } from 'vitest';
import { appOf, DISK, fakeFiles, parse, told } from '../helpers.ts';

describe('script', () => {
  test.each([
    ['./server.js', '/srv/server.js', 'node'],
    ['server', '/srv/server.js', 'node'],
    ['./src/bin', '/srv/src/bin/index.js', 'node'],
    ['./dist', '/srv/dist/lib/main.js', 'node'],
    ['src/app', '/srv/src/app.cjs', 'node'],
    ['./bin/www', '/srv/bin/www', 'node'],
    ['bin/plain', '/srv/bin/plain', 'node'],
    ['bin/binary', '/srv/bin/binary', null],
    ['bin/script', '/srv/bin/script', null],
    ['main.py', '/srv/main.py', 'python3'],
    ['run.sh', '/srv/run.sh', 'bash'],
    ['with space.js', '/srv/with space.js', 'node'],
    ['npm', '/usr/bin/npm', null],
    ['/usr/bin/node', '/usr/bin/node', null],
    ['node', '/usr/bin/node', null],
  ])('%s is %s by %s', (script, path, interpreter) => {
    const { process } = appOf(`script: ${script}`);
    expect([process.script, process.interpreter, process.shell]).toEqual([path, interpreter, false]);
  });

  test('a line with spaces is for the shell, with the arguments at its end', () => {
    const { process } = appOf(`script: yarn run dev, args: "--title 'my app'", node_args: null`);
    expect(process).toMatchObject({
      script: "yarn run dev --title 'my app'",
      shell: true,
      mode: 'fork',
      args: [],
    });
  });

  test('a command wins over a folder of its name', () => {
    const files = fakeFiles({ '/srv/make/notes.txt': '', '/usr/bin/make': '\0' });
    expect(appOf('script: make', { files }).process.script).toBe('/usr/bin/make');
  });

  test('relative to cwd, which is relative to the file', () => {
    expect(appOf('script: ./start.js, cwd: ./backend').process).toMatchObject({
      script: '/srv/backend/start.js',
      cwd: '/srv/backend',
    });
  });

  test('a path written from the folder of the file gets the right one as a hint', () => {
    const loaded = parse('apps: [{ script: ./backend/start.js, cwd: ./backend }]');
    expect(told(loaded)).toEqual(['1:18 CU1601 error']);
    expect(loaded.diagnostics[0]?.hint).toContain('write `./start.js`');
  });

  test('missing is a warning before the build, and the app is there', () => {
    const loaded = parse('apps: [{ script: ./dist/nowhere.js, instances: 2 }]', { missingScript: 'warning' });
    expect(told(loaded)).toEqual(['1:18 CU1601 warning']);
    expect(loaded.desired?.apps[0]?.process).toMatchObject({
      mode: 'cluster',
      script: '/srv/dist/nowhere.js',
    });
  });
});

describe('interpreter', () => {
  test('a path is relative to cwd, then to the file', () => {
    expect(appOf('script: main.py, interpreter: ./venv/bin/python3').process.interpreter).toBe(
      '/srv/venv/bin/python3',
    );
    expect(appOf('script: start.js, cwd: backend, interpreter: venv/bin/python3').process.interpreter).toBe(
      '/srv/venv/bin/python3',
    );
  });

  test('Python does not hold its output back, unless it is told to', () => {
    expect(appOf('script: main.py').process.env).toEqual({ PYTHONUNBUFFERED: '1' });
    expect(appOf('script: main.py, env: { PYTHONUNBUFFERED: "" }').process.env).toEqual({
      PYTHONUNBUFFERED: '',
    });
  });

  test.each([
    ['v20.19.0', [], ['CU1606']],
    ['v22.6.0', ['--experimental-strip-types'], []],
    ['22.18.0', [], []],
    ['23.5.0', ['--experimental-strip-types'], []],
    ['23.6.0', [], []],
    ['v24.0.0', [], []],
  ])('TypeScript on Node %s', (nodeVersion, args, codes) => {
    const loaded = parse('apps: [{ script: server.ts }]', { nodeVersion });
    expect(loaded.desired?.apps[0]?.process.interpreterArgs).toEqual(args);
    expect(loaded.diagnostics.map(({ code }) => code)).toEqual(codes);
  });

  test('TypeScript with a loader is left alone', () => {
    const fields = 'script: server.ts, node_args: "-r ts-node/register"';
    expect(appOf(fields, { nodeVersion: 'v20.19.0' }).process.interpreterArgs).toEqual([
      '-r',
      'ts-node/register',
    ]);
  });
});

describe('what only starts Node', () => {
  const files = fakeFiles({
    ...DISK,
    '/srv/package.json': JSON.stringify({
      scripts: {
        start: 'NODE_ENV=production node --enable-source-maps ./dist/main.js --token hunter2',
        dev: 'npm run serve',
        serve: 'tsx watch src/server.ts',
        build: 'tsc && node x.js',
      },
    }),
    '/srv/node_modules/.bin/tsx': '#!/usr/bin/env node',
  });
  const hints = (fields: string): readonly (readonly [string, string | null])[] =>
    parse(`apps: [{ ${fields} }]`, { files }).diagnostics.map(({ code, hint }) => [code, hint]);

  test.each([
    [
      'script: npm, args: start, instances: 2',
      'It has Node run `./dist/main.js`: write `script: ./dist/main.js`, and its arguments into `args`, the options of Node into `node_args`, its variables into `env`.',
    ],
    [
      'script: yarn run dev, instances: max',
      'It has Node run `./src/server.ts`: write `script: ./src/server.ts`, and the options of Node into `node_args`.',
    ],
    ['script: npm, args: run build, instances: 2', 'Write the file that `npm` has Node run as `script`.'],
    [
      'script: npm, args: run dev, instances: 2, cwd: ./src',
      'It has Node run `./server.ts`: write `script: ./server.ts`, and the options of Node into `node_args`.',
    ],
    [
      'script: server.ts, interpreter: tsx, exec_mode: cluster',
      'Leave `interpreter` out, and write `node_args: --import tsx`.',
    ],
    ['script: run.sh, exec_mode: cluster', 'Write `exec_mode: fork`.'],
  ])('%s', (fields, hint) => {
    expect(hints(fields).filter(([code]) => code === 'CU1504')).toEqual([['CU1504', hint]]);
  });

  test('on a port, the one hint says the same as the other', () => {
    const [mode, port] = hints('script: npm, args: start, instances: 2, port: 3000');
    expect(port?.[1]).toBe(`${mode?.[1] ?? ''} Or give each its own port with \`increment_var: PORT\`.`);
  });

  test('one of them, or fork mode as asked, is what it is', () => {
    expect(hints('script: npm, args: start')).toEqual([]);
    expect(hints('script: npm, args: start, instances: 1')).toEqual([]);
    expect(hints('script: npm, args: start, instances: 2, exec_mode: fork')).toEqual([]);
    expect(hints('script: run.sh, instances: 2')).toEqual([]);
  });
});

describe('programs that packages bring', () => {
  const files = fakeFiles({
    ...DISK,
    '/srv/node_modules/.bin/tsx': '',
    '/srv/packages/api/node_modules/.bin/tsx': '',
    '/srv/packages/web/server.ts': '',
    '/srv/node_modules/.bin/npm': '',
  });
  const found = (fields: string): unknown => appOf(fields, { files }).process;

  test('are found from cwd upwards, before PATH', () => {
    expect(found('script: server.ts, cwd: packages/web, interpreter: tsx')).toMatchObject({
      interpreter: '/srv/node_modules/.bin/tsx',
    });
    expect(found('script: tsx, args: x.ts, cwd: packages/api')).toMatchObject({
      script: '/srv/packages/api/node_modules/.bin/tsx',
      interpreter: null,
    });
    expect(found('script: npm, args: start')).toMatchObject({ script: '/srv/node_modules/.bin/npm' });
  });
});

test('`~` is the home of who runs it, in every path of an app', () => {
  const files = fakeFiles({
    ...DISK,
    '/root/api/server.js': '',
    '/root/api/.env': 'A=1',
    '/root/node/bin/node': '',
  });
  const app = appOf('script: ~/api/server.js, cwd: ~/api, env_file: ~/api/.env, error_file: ~/e.log', {
    files,
  });
  expect(app.process).toMatchObject({ script: '/root/api/server.js', cwd: '/root/api', env: { A: '1' } });
  expect(app.logs.err).toBe('/root/e.log');
  const watched = 'watch: [~/api/src, lib], ignore_watch: ~/api/src/tmp, out_file: ~/o.log';
  expect(appOf(watched, { files }).triggers.watch).toMatchObject({
    paths: ['/root/api/src', 'lib'],
    ignore: ['/root/api/src/tmp', '/root/o.log'],
  });
  expect(appOf('interpreter: ~/node/bin/node', { files }).process.interpreter).toBe('/root/node/bin/node');
  expect(told(parse('apps: [{ script: ./~/server.js }]'))).toEqual(['1:18 CU1601 error']);
  expect(parse('apps: [{ script: ~x.js }]').diagnostics[0]?.message).toContain('/srv/~x.js');
});

describe('the first line of a script', () => {
  const withLine = (line: string, fields = ''): unknown => {
    const { process } = appOf(`script: bin/start${fields}`, {
      files: fakeFiles({ ...DISK, '/srv/bin/start': line }),
    });
    return [process.interpreter, ...process.interpreterArgs];
  };

  test.each([
    [
      '#!/usr/bin/env -S node --enable-source-maps --import "./a b.js"\n',
      ['node', '--enable-source-maps', '--import', './a b.js'],
    ],
    ['#!/usr/bin/env -S LEVEL=1 node --no-warnings\r\n', ['node', '--no-warnings']],
    ['#!/usr/local/bin/node --no-warnings\n', ['node', '--no-warnings']],
    ['#!/usr/bin/env node\n', ['node']],
    ['#!/usr/bin/env -S npx ts-node\n', [null]],
    ['#!/usr/bin/env tsx\n', [null]],
  ])('%s', (line, expected) => {
    expect(withLine(line)).toEqual(expected);
  });

  test('what the file says comes after it, and an interpreter of the file does without it', () => {
    const line = '#!/usr/bin/env -S node --no-warnings\n';
    expect(withLine(line, ', node_args: --warnings')).toEqual(['node', '--no-warnings', '--warnings']);
    expect(withLine(line, ', interpreter: node')).toEqual(['node']);
  });
});
