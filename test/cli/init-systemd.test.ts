/** The unit that `init systemd` prints. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { initSystemd } from '../../src/cli/init-systemd.ts';
import { unitName, unitText, type UnitFacts } from '../../src/cli/init/systemd.ts';
import type { Selection } from '../../src/supervisor/load.ts';
import type { AppSpec } from '../../src/model/spec.ts';

const missing = spawnSync('systemd-analyze', ['--version']).status !== 0;

const app = (drainTimeout: number, killTimeout: number): AppSpec =>
  ({ stop: { drainTimeout, killTimeout } }) as unknown as AppSpec;

const FACTS: UnitFacts = {
  file: '/srv/shop/ecosystem.yml',
  program: ['/opt/node/bin/node', '/opt/cluster-up/main.js'],
  flags: ['--env', 'production'],
  user: 'shop',
  apps: [app(10_000, 1600), app(30_000, 5000)],
  variables: [],
};

/** The values of a setting. */
const values = (unit: string, name: string): string[] =>
  unit
    .split('\n')
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));

test('it has what the supervisor needs', () => {
  const unit = unitText(FACTS);
  const expected = {
    Type: ['notify'],
    ExecStart: ['/opt/node/bin/node /opt/cluster-up/main.js up /srv/shop/ecosystem.yml --env production'],
    ExecReload: ['/bin/kill -HUP $MAINPID'],
    KillMode: ['mixed'],
    // The longest of the apps, and 15 s.
    TimeoutStopSec: ['50'],
    WatchdogSec: ['60'],
    Restart: ['on-failure'],
    User: ['shop'],
    WorkingDirectory: ['/srv/shop'],
    NoNewPrivileges: ['yes'],
  };
  expect(Object.fromEntries(Object.keys(expected).map((name) => [name, values(unit, name)]))).toEqual(
    expected,
  );
  // V8 writes the code that it runs, and /tmp may be where the apps meet others.
  expect(unit).not.toMatch(/MemoryDenyWriteExecute|PrivateTmp|ProtectHome|ProtectSystem/);
});

test('root keeps the right to change the user of an app', () => {
  expect(unitText({ ...FACTS, user: 'root' })).not.toMatch(/NoNewPrivileges|RestrictSUIDSGID/);
});

test('what means something to systemd is escaped', () => {
  const unit = unitText({ ...FACTS, file: '/srv/a b/$HOME 100%\n"x"\\.yml', flags: [] });
  expect(values(unit, 'ExecStart')[0]).toMatch(/ up "\/srv\/a b\/\$\$HOME 100%%\\n\\"x\\"\\\\\.yml"$/);
  expect(values(unit, 'Description')).toEqual(['cluster-up /srv/a b/$HOME 100%% "x"\\.yml']);
  expect(values(unit, 'WorkingDirectory')).toEqual(['/srv/a b']);
});

test.each([
  ['/srv/shop/ecosystem.yml', 'shop'],
  ['/srv/my shop (new)/ecosystem.yml', 'my-shop-new'],
  ['/ecosystem.yml', 'cluster-up'],
])('%s is the unit %s', (file, name) => {
  expect(unitName(file)).toBe(name);
});

test.skipIf(missing)(
  `systemd-analyze verify has nothing to say${missing ? ' (skipped: there is no systemd-analyze)' : ''}`,
  () => {
    const folder = mkdtempSync(path.join(os.tmpdir(), 'unit-'));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const cwd = path.join(folder, 'my $shop 100%');
    mkdirSync(cwd);
    const facts = {
      ...FACTS,
      file: path.join(cwd, 'ecosystem.yml'),
      program: [process.execPath, '/x/main.js'],
    };
    const verify = (unit: string): { status: number | null; said: string } => {
      const file = path.join(folder, 'shop.service');
      writeFileSync(file, unit);
      const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], { encoding: 'utf8' });
      return { status, said: stdout + stderr };
    };
    for (const user of ['root', 'daemon']) {
      expect(verify(unitText({ ...facts, user }))).toEqual({ status: 0, said: '' });
    }
    expect(verify(unitText(facts).replace('WatchdogSec', 'WatchdogSeconds')).said).toContain('Unknown key');
  },
);

/** What is printed for a file, to both. */
async function printed(file: string, flags: Selection): Promise<{ unit: string; advice: string }> {
  const said = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    vi.spyOn(process[name], 'write').mockImplementation((text) => {
      said[name] += String(text);
      return true;
    });
  try {
    expect(await initSystemd(file, flags)).toBe(0);
  } finally {
    vi.restoreAllMocks();
  }
  return { unit: said.stdout, advice: said.stderr };
}

test('the advice is the very command, and names what systemd has to be told of the environment', async () => {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'my unit-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = path.join(folder, 'shop.yml');
  writeFileSync(path.join(folder, 'web.js'), '');
  const app =
    "{ name: web, script: web.js, env: { KEY: '${KEY:-none}', AT: '${HOME}/x' }, env_production: { DB: '${DB_URL:-x}' } }";
  writeFileSync(file, `apps: [${app}]\n`);
  const name = unitName(file);
  const { unit, advice } = await printed(file, { env: 'production', only: ['web'] });
  expect(values(unit, 'EnvironmentFile')).toEqual([`-/etc/${name}.env`]);
  expect(unit).toContain('(DB_URL, KEY)');
  expect(advice).toContain(
    `next: cluster-up init systemd '${file}' --env production --only web | sudo tee /etc/systemd/system/${name}.service\n`,
  );
  expect(advice).toContain(`/etc/${name}.env, and write into it: DB_URL=…, KEY=…\n`);
  // Only what is read then.
  expect((await printed(file, {})).unit).toContain('(KEY)');
  writeFileSync(file, 'apps: [{ name: web, script: web.js }]\n');
  const without = await printed(file, {});
  expect(without.unit + without.advice).not.toContain('.env');
});

test('a user without a name is one by number, and root is root without one too', async () => {
  const written: string[] = [];
  const writes = [process.stdout, process.stderr].map((stream) =>
    vi.spyOn(stream, 'write').mockImplementation((text) => written.push(String(text)) > 0),
  );
  vi.stubEnv('SUDO_USER', undefined);
  vi.spyOn(os, 'userInfo').mockImplementation(() => {
    throw new Error('A system error occurred: uv_os_get_passwd returned ENOENT');
  });
  onTestFinished(() => {
    vi.restoreAllMocks();
    vi.unstubAllEnvs();
  });
  for (const uid of [54_321, 0]) {
    vi.spyOn(process, 'getuid').mockReturnValue(uid);
    expect(await initSystemd(path.resolve('fixtures/hello/ecosystem.yml'), {})).toBe(0);
  }
  for (const write of writes) write.mockRestore();
  const units = written.filter((text) => text.includes('[Service]'));
  expect(units.map((unit) => values(unit, 'User'))).toEqual([['54321'], ['0']]);
  expect(units.map((unit) => unit.includes('NoNewPrivileges'))).toEqual([true, false]);
});
