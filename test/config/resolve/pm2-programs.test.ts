/** Which program a file of PM2 runs: script and interpreter as PM2 finds them. */
import { describe, expect, test } from 'vitest';
import { appOf, fakeFiles, parse, told } from '../helpers.ts';

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
