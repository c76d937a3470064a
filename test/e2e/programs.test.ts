/** Fork mode for any program: how it is started, with what environment, and that nothing of it is left. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { getJson } from './support/client.ts';
import { isAlive, kill } from './support/processes.ts';
import { scene, type Scene } from './support/scene.ts';
import { gone, run, up, type Supervisor } from './support/supervisor.ts';
import { until } from './support/until.ts';

/** Of the supervisor's children, those that have ended without being collected. */
function zombies({ pid }: Supervisor): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map((name) => {
      try {
        return readFileSync(`/proc/${name}/stat`, 'utf8');
      } catch {
        return '';
      }
    })
    .filter((stat) => new RegExp(`\\) Z ${pid} `).test(stat));
}

function programs(app: string): Scene {
  const place = scene('programs');
  place.write(`apps:\n  - ${app}\n`);
  return place;
}

const printed = (supervisor: Supervisor, app: string): string[] =>
  supervisor.lines.filter(({ text }) => text.startsWith(app)).map(({ text }) => text.replace(/^.*?\| /, ''));

describe('the whole tree', () => {
  const children = (supervisor: Supervisor): number[] =>
    printed(supervisor, 'tree:0')
      .flatMap((text) => /^child (\d+)/.exec(text)?.[1] ?? [])
      .map(Number);

  test.each([
    [
      'an edit',
      (place: Scene) => place.edit((text) => text.replace('min_uptime', 'args: --again, min_uptime')),
    ],
    [
      'a removal',
      (place: Scene) => place.write('apps: [{ name: other, script: sleep, args: 1000, min_uptime: 100 }]'),
    ],
  ])(
    '%s ends children that ignore signals, in the group, in their own and in their own session',
    async (_what, act) => {
      const place = programs('{ name: tree, script: ./tree.py, min_uptime: 100, kill_timeout: 500 }');
      const supervisor = up(place.file);
      await supervisor.line(/all started/);
      await supervisor.converged();
      const before = children(supervisor);
      expect(before).toHaveLength(3);
      act(place);
      await gone(before);
      await until('no zombie', () => zombies(supervisor).length === 0);
    },
  );

  test('so does the end of the supervisor', async () => {
    const place = programs('{ name: tree, script: ./tree.py, min_uptime: 100, kill_timeout: 500 }');
    const supervisor = up(place.file);
    await supervisor.line(/all started/);
    await supervisor.converged();
    const before = children(supervisor);
    supervisor.signal('SIGTERM');
    expect((await supervisor.exited()).code).toBe(0);
    await gone(before);
  });
});

describe('a program that goes into the background', () => {
  test.runIf(process.platform === 'linux')(
    'is told what to do, and fails instead of being started again and again in silence',
    async () => {
      const place = programs('{ name: daemon, script: ./daemon.py, min_uptime: 3s, kill_timeout: 300 }');
      place.edit((text) => text.replace('min_uptime', `env: { PIDFILE: ${place.path('pids')} }, min_uptime`));
      const supervisor = up(place.file, { flags: ['--once'] });
      expect(await supervisor.exited()).toEqual({ code: 1, signal: null });
      const pids = place.read('pids').trim().split('\n').map(Number);
      expect(pids).toHaveLength(2);
      // They are the user's, and nobody else can be sure that they are this program.
      for (const pid of pids) {
        kill(pid, 'SIGKILL');
        expect(supervisor.text()).toContain(`seems to go into the background as process ${pid} (`);
        expect(supervisor.text()).toContain(
          `have it run in the foreground, and end what is left with: kill ${pid}`,
        );
      }
    },
  );

  test('a job may leave what it likes', async () => {
    const place = programs('{ name: daemon, script: ./daemon.py, autorestart: false }');
    place.edit((text) => text.replace('autorestart', `env: { PIDFILE: ${place.path('pids')} }, autorestart`));
    const supervisor = up(place.file);
    await supervisor.converged();
    await until('it has said who it is', () => existsSync(place.path('pids')));
    const pid = await until('it runs', () => Number(place.read('pids').trim() || 0));
    expect(isAlive(pid)).toBe(true);
    expect(supervisor.text()).not.toContain('background');
    process.kill(pid, 'SIGKILL');
  });
});

describe('how it is started', () => {
  test('several instances with increment_var have a port each, whatever the program', async () => {
    const place = scene('programs');
    const port = await (async () => {
      place.write(
        'apps: [{ name: web, script: ./serve.py, instances: 3, exec_mode: fork, port: 8080, increment_var: PORT, min_uptime: 300 }]\n',
      );
      return place.port(8080);
    })();
    place.write(
      'import http.server, json, os\nclass H(http.server.BaseHTTPRequestHandler):\n  def do_GET(self):\n    self.send_response(200); self.end_headers(); self.wfile.write(json.dumps({"slot": os.environ["NODE_APP_INSTANCE"], "pid": os.getpid()}).encode())\nhttp.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), H).serve_forever()\n',
      'serve.py',
    );
    const supervisor = up(place.file);
    await supervisor.converged();
    for (const slot of [0, 1, 2]) {
      const who = await until(`slot ${slot} answers`, () =>
        getJson<{ slot: string }>(port + slot).catch(() => null),
      );
      expect(who.slot).toBe(String(slot));
    }
  });

  test('by a named interpreter, by a line for the shell with its arguments, and by its own first line', async () => {
    const place = programs('{ name: named, script: ./code.txt, interpreter: perl, min_uptime: 100 }');
    place.write('$| = 1; print "perl runs @ARGV\\n"; sleep 1000;', 'code.txt');
    place.edit(
      (text) =>
        `${text}  - { name: line, script: 'echo "$GREETING" | tr a-z A-Z && exec sleep', args: [1000], env: { GREETING: hello world }, min_uptime: 100 }\n`,
    );
    const supervisor = up(place.file);
    await supervisor.line(/^named:0 +\| perl runs $/);
    await supervisor.line(/^line:0 +\| HELLO WORLD$/);
    await supervisor.converged();
  });

  test('an interpreter that is not installed is an error with its line and what to do', async () => {
    const place = programs('{ name: web, script: ./api.js, interpreter: no-such-interpreter }');
    const ran = await run([place.file]);
    expect(ran.code).toBe(1);
    expect(ran.all).toMatch(/ecosystem\.yml:2:/);
    expect(ran.all).toContain('The interpreter `no-such-interpreter` is not in PATH.');
    expect(ran.all).toContain('Install it');
  });
});

describe('the environment', () => {
  /** What each start printed, as an object. */
  const environments = (supervisor: Supervisor, app: string, after = 0): Record<string, string>[] =>
    supervisor.lines
      .slice(after)
      .filter(({ text }) => text.startsWith(`${app}:`) && text.includes('| {'))
      .map(({ text }) => JSON.parse(text.slice(text.indexOf('{'))) as Record<string, string>);

  test.each(['cluster', 'fork'])(
    'exact in %s mode: the file over the supervisor, and gone once it left the file',
    async (mode) => {
      const place = programs(
        `{ name: web, script: ./env.js, exec_mode: ${mode}, min_uptime: 100, ready: started, env_file: web.env, env: { BOTH: file, OWN: 1 } }`,
      );
      place.write('FROM_FILE=1\nBOTH=env_file\n', 'web.env');
      place.write('console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000);', 'env.js');
      const supervisor = up(place.file, {
        env: { BOTH: 'supervisor', INHERITED: '1', SECRET_KEY: 'x', SECRET: 'y' },
      });
      await supervisor.converged();
      const told = (after: number): Promise<Record<string, string>> =>
        until('it tells its environment', () => environments(supervisor, 'web', after).at(-1));
      const first = await told(0);
      expect(first).toMatchObject({
        BOTH: 'file',
        OWN: '1',
        FROM_FILE: '1',
        INHERITED: '1',
        SECRET_KEY: 'x',
      });
      // Nothing but what the supervisor and the file have.
      const names = [
        'PATH',
        'HOME',
        // Whose process it is; the agent takes it out of what a worker in cluster mode sees.
        ...(mode === 'fork' ? ['CLUSTER_UP_MARK'] : []),
        'TMPDIR',
        'CLUSTER_UP_E2E_MARK',
        'BOTH',
        'INHERITED',
        'SECRET_KEY',
        'SECRET',
        'OWN',
        'FROM_FILE',
        'NODE_APP_INSTANCE',
      ];
      expect(
        Object.keys(first).filter((name) => !names.includes(name) && !name.startsWith('NODE_CHANNEL')),
      ).toEqual([]);

      let mark = supervisor.mark();
      place.edit((text) => text.replace('BOTH: file, OWN: 1', 'NEW: 1'));
      await supervisor.converged(mark);
      const second = await told(mark);
      expect(second).toMatchObject({ BOTH: 'env_file', NEW: '1' });
      expect(second).not.toHaveProperty('OWN');

      mark = supervisor.mark();
      place.write('OTHER=1\n', 'web.env');
      await supervisor.converged(mark);
      const third = await told(mark);
      expect(third).toMatchObject({ BOTH: 'supervisor', OTHER: '1' });
      expect(third).not.toHaveProperty('FROM_FILE');

      for (const [filter, kept, dropped] of [
        ['SECRET', ['SECRET_KEY', 'INHERITED'], ['SECRET']],
        ['[SECRET, INHER]', ['BOTH'], ['SECRET', 'SECRET_KEY', 'INHERITED']],
        ['true', ['NEW', 'OTHER', 'NODE_APP_INSTANCE'], ['PATH', 'HOME', 'BOTH', 'SECRET', 'INHERITED']],
      ] as const) {
        mark = supervisor.mark();
        place.edit((text) =>
          text.replace(/(filter_env: .*?, )?name: web/, `filter_env: ${filter}, name: web`),
        );
        await supervisor.converged(mark);
        const env = await told(mark);
        for (const name of kept) expect(env).toHaveProperty(name);
        for (const name of dropped) expect(env).not.toHaveProperty(name);
      }
    },
  );

  test('a Python program without any PATH is found all the same', async () => {
    const place = programs(
      '{ name: python, script: ./greet.py, filter_env: true, env: { WHO: world }, min_uptime: 100 }',
    );
    const supervisor = up(place.file);
    await supervisor.line(/hello world 0/);
    await supervisor.converged();
  });
});
