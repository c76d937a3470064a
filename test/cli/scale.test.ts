/** `scale` on real files, with a control server in place of a supervisor. */
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { scale } from '../../src/cli/scale.ts';
import { socketPath } from '../../src/control/paths.ts';
import { serve, type ControlServer, type Handlers } from '../../src/control/server.ts';
import type { Outcome } from '../../src/model/control.ts';

const TEXT =
  'apps:\n  - name: api # the api\n    script: ./api.js\n    instances: 4\n  - { script: web.js }\n';

let folder = '';
let home = '';
let file = '';
let server: ControlServer | null = null;
const said = { out: '', err: '' };

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'scale-'));
  home = path.join(folder, 'home');
  file = path.join(folder, 'ecosystem.yml');
  writeFileSync(file, TEXT);
  Object.assign(said, { out: '', err: '' });
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => ((said.out += String(text)), true));
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => ((said.err += String(text)), true));
});

afterEach(() => {
  vi.restoreAllMocks();
  server?.close();
  server = null;
  rmSync(folder, { recursive: true });
});

function run(app: string, amount: string, target: string = file): Promise<number> {
  return scale(
    target,
    app,
    amount,
    {},
    {
      out: (text) => process.stdout.write(text),
      err: (text) => process.stderr.write(text),
      cores: 8,
      env: { CLUSTER_UP_HOME: home },
    },
  );
}

/** A supervisor that only says how it went. */
async function supervise(error: string | null, outcome: Outcome): Promise<string[]> {
  const calls: string[] = [];
  const known = {
    state: () => ({ supervisor: { pid: 1 }, config: { error }, ecosystem: file }),
    apply: () => (calls.push(`apply ${readFileSync(file, 'utf8').includes('instances: 6')}`), { error }),
    wait: () => (calls.push('wait'), outcome),
  };
  const { runtimeFolder } = await import('../../src/control/paths.ts');
  const at = socketPath(runtimeFolder({ CLUSTER_UP_HOME: home }), file);
  server = await serve(at, known as unknown as Handlers, () => {});
  return calls;
}

test('without a supervisor the file is changed, and that is said', async () => {
  expect(await run('api', '+2')).toBe(0);
  expect(readFileSync(file, 'utf8')).toBe(TEXT.replace('4', '6'));
  expect(said.out).toMatch(/^api: 4 → 6 \(.*ecosystem\.yml\)\nnothing runs this file now: .*\n$/);
  expect(said.err).toBe('');
  // Who only looks makes no folder.
  expect(readdirSync(folder)).toEqual(['ecosystem.yml']);
});

test('a supervisor applies the changed file, and its outcome is that of the command', async () => {
  const calls = await supervise(null, { converged: true, problems: [] });
  expect(await run('api', '6')).toBe(0);
  expect(calls).toEqual(['apply true', 'wait']);
  expect(said.out).toContain('converged');
});

test('nothing is said to be converged where an app is not as the file asks', async () => {
  const byHand = [{ app: 'api', message: 'is held at 1a2b by `rollback`; an edit goes on' }];
  await supervise(null, { converged: true, problems: [], byHand });
  expect(await run('api', '6')).toBe(0);
  expect(said.out).toContain(
    'cluster-up: done, but not all is as the file asks:\n  api is held at 1a2b by `rollback`; an edit goes on\n',
  );
  expect(said.out).not.toContain('converged');
});

test('a supervisor that cannot converge fails the command', async () => {
  await supervise(null, {
    converged: false,
    problems: [{ app: 'api', message: 'exited with code 1', stderr: ['boom'] }],
  });
  expect(await run('api', '6')).toBe(1);
  expect(said.err).toContain('api: exited with code 1\n    boom\n');
});

test('a supervisor that rejects the file fails the command', async () => {
  await supervise('line 3: no', { converged: true, problems: [] });
  expect(await run('api', '6')).toBe(1);
  expect(said.err).toContain('rejected the file: line 3: no');
});

test.each(['x', '', '1.5', '--1', '+', '1e3', '0x2', ' 2', '٣', 'max', '9999999999'])(
  '%j is no amount',
  async (amount) => {
    expect(await run('api', amount)).toBe(1);
    expect(said.err).toBe(
      `cluster-up: "${amount}" is no number of workers: give a whole number (4), or what to add or take away (+2, -1)\n`,
    );
    expect(readFileSync(file, 'utf8')).toBe(TEXT);
  },
);

test.each([
  ['api', '-99', 'api has 4 workers'],
  ['api', '2000', '1024 at most'],
  ['apii', '2', 'there is no app "apii"; there is api, web. Did you mean `api`?'],
])('%s %s is refused in one line', async (app, amount, message) => {
  expect(await run(app, amount)).toBe(1);
  expect(said.err).toContain(message);
  expect(said.err.split('\n')).toHaveLength(2);
  expect(said.out).toBe('');
  expect(readFileSync(file, 'utf8')).toBe(TEXT);
});

test('a file that cannot be read is told in one line', async () => {
  expect(await run('api', '2', path.join(folder, 'none.yml'))).toBe(1);
  expect(said.err).toMatch(/none\.yml: The file does not exist\.\n$/);
  writeFileSync(file, Buffer.from([0x61, 0xff, 0xfe]));
  expect(await run('api', '2')).toBe(1);
  expect(said.err).toMatch(/ecosystem\.yml: The file is not text in UTF-8\.\n$/);
});

test('mode and byte order mark stay', async () => {
  writeFileSync(file, `\uFEFF${TEXT}`);
  chmodSync(file, 0o640);
  expect(await run('api', '5')).toBe(0);
  expect(statSync(file).mode & 0o7777).toBe(0o640);
  expect(readFileSync(file, 'utf8')).toBe(`\uFEFF${TEXT.replace('4', '5')}`);
});

test.runIf(process.getuid?.() === 0)('the owner stays', async () => {
  const { chownSync } = await import('node:fs');
  chownSync(file, 1234, 2345);
  expect(await run('api', '5')).toBe(0);
  expect(statSync(file)).toMatchObject({ uid: 1234, gid: 2345 });
});

test('a symbolic link stays one', async () => {
  const link = path.join(folder, 'link.yml');
  symlinkSync('ecosystem.yml', link);
  expect(await run('api', '5', link)).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(file, 'utf8')).toBe(TEXT.replace('4', '5'));
});

test('an app without a count changes its mode, and that is said', async () => {
  expect(await run('web', '2')).toBe(0);
  expect(said.out).toContain('web runs in cluster mode from now on');
  expect(readFileSync(file, 'utf8')).toBe(TEXT.replace('web.js }', 'web.js, instances: 2 }'));
});

test('the same count leaves the file alone', async () => {
  const before = statSync(file);
  expect(await run('api', '4')).toBe(0);
  expect(statSync(file).ino).toBe(before.ino);
});

test('a count that others extend is left alone', async () => {
  const text = 'apps:\n  - { name: api, script: a.js, instances: 2 }\n  - { name: web, extends: api }\n';
  writeFileSync(file, text);
  expect(await run('api', '5')).toBe(1);
  expect(said.err).toBe('cluster-up: that would also change web: give each `instances` of its own first\n');
  expect(readFileSync(file, 'utf8')).toBe(text);
});
