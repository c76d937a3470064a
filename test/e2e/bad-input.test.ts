/** Whatever the file is: a clear message on one screen, exit code 1, no stack trace. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { scene, type Scene } from './support/scene.ts';
import { run, type Ran } from './support/supervisor.ts';

const SCREEN = 24;

interface Bad {
  readonly what: string;
  readonly make: (place: Scene) => void;
  /** What the message has to say. */
  readonly says: RegExp;
  /** For `validate` a warning: a file may be checked where its scripts are not built yet. */
  readonly isWarning?: true;
}

const app = (fields: string): string => `apps:\n  - name: api\n    script: ./server.js\n${fields}`;
const yaml = (text: string) => (place: Scene) => {
  place.write('', 'server.js');
  place.write(text);
};

/** The classic: nine levels, each ten times the one below. */
function aliasBomb(): string {
  const levels = Array.from(
    { length: 8 },
    (_, i) => `x-${i + 1}: &l${i + 1} [${Array(10).fill(`*l${i}`).join(', ')}]`,
  );
  return `x-0: &l0 [lol, lol, lol, lol, lol, lol, lol, lol, lol, lol]\n${levels.join('\n')}\napps: *l8\n`;
}

const cases: Bad[] = [
  { what: 'an empty file', make: yaml(''), says: /empty|no apps/i },
  { what: 'nothing but a comment', make: yaml('# to do\n'), says: /empty|no apps/i },
  {
    what: 'a binary file',
    make: (place) =>
      writeFileSync(place.file, Buffer.from([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0, 0xff, 0xfe, 0, 0, 0x80])),
    says: /binary|not text|UTF-8|control/i,
  },
  {
    what: '10 MB of YAML',
    make: yaml(`apps:\n${'  - { name: api, script: ./server.js }\n'.repeat(270_000)}`),
    says: /large|big|MB|MiB|more than/i,
  },
  { what: 'an alias bomb', make: yaml(aliasBomb()), says: /alias/i },
  { what: 'a folder', make: (place) => mkdirSync(place.file), says: /director|folder/i },
  { what: 'a missing script', make: (place) => place.write(app('')), says: /server\.js/, isWarning: true },
  {
    what: 'a script that is a folder',
    make: (place) => {
      place.write(app(''));
      mkdirSync(place.path('server.js'));
    },
    says: /folder|director/i,
  },
  { what: 'instances: -100', make: yaml(app('    instances: -100\n')), says: /instances/ },
  { what: 'instances: 1e9', make: yaml(app('    instances: 1e9\n')), says: /instances/ },
  { what: 'instances: many', make: yaml(app('    instances: many\n')), says: /instances/ },
  {
    what: 'duplicate names',
    make: yaml(`${app('')}  - { name: api, script: ./server.js }\n`),
    says: /"?api"?/,
  },
  {
    what: 'duplicate keys',
    make: yaml(app('    instances: 2\n    instances: 3\n')),
    says: /instances|unique|duplicate|twice/i,
  },
  { what: 'tabs', make: yaml('apps:\n\t- name: api\n\t  script: ./server.js\n'), says: /tab/i },
  { what: 'an unknown key', make: yaml(app('    instnces: 3\n')), says: /instances/ },
  { what: 'a text instead of apps', make: yaml('apps: hello\n'), says: /apps/ },
  { what: 'a number', make: yaml('42\n'), says: /42|number|mapping|apps/ },
  { what: 'broken JSON', make: yaml('{ "apps": [ { "name": "api", }\n'), says: /:\d+:\d+/ },
  { what: 'an unset variable', make: yaml(app('    cwd: ${NOT_SET_ANYWHERE}\n')), says: /NOT_SET_ANYWHERE/ },
];

function expectClear(ran: Ran, says: RegExp): void {
  expect(ran.code).toBe(1);
  expect(ran.all).toMatch(says);
  expect(ran.all).toContain('ecosystem.yml');
  expect(ran.all).not.toMatch(/^ +at |node:internal|TypeError|undefined|\[object/m);
  expect(ran.all.split('\n').length).toBeLessThanOrEqual(SCREEN);
  expect(Math.max(...ran.all.split('\n').map((line) => line.length))).toBeLessThan(400);
}

describe.each(cases)('$what', ({ make, says, isWarning }) => {
  test('up', async () => {
    const place = scene();
    make(place);
    expectClear(await run([place.file], { cwd: place.folder }), says);
  });

  test('validate', async () => {
    const place = scene();
    make(place);
    const flags = isWarning === true ? ['--strict'] : [];
    expectClear(await run(['validate', ...flags, place.file], { cwd: place.folder }), says);
  });
});

describe('a file that may not be read', () => {
  // Root may read everything.
  test.skipIf(process.getuid?.() === 0).each(['up', 'validate'])(
    '%s (not for root, who may read everything)',
    async (command) => {
      const place = scene();
      yaml(app(''))(place);
      chmodSync(place.file, 0);
      expectClear(await run([command, place.file], { cwd: place.folder }), /permission|may not/i);
    },
  );
});

describe('all problems at once', () => {
  test('each with its place', async () => {
    const place = scene();
    yaml(app('    instances: many\n    instnces: 3\n    kill_timeout: soon\n'))(place);
    const { all, code } = await run(['validate', place.file]);
    expect(code).toBe(1);
    for (const line of [4, 5, 6]) expect(all).toMatch(new RegExp(`ecosystem\\.yml:${line}:\\d+`));
  });
});

describe('the command line', () => {
  test.each([
    ['an unknown flag', ['--frobnicate']],
    ['two files for up', ['up', 'a.yml', 'b.yml']],
    ['an unknown format', ['validate', '--format', 'xml']],
    ['a flag without its value', ['up', '--env']],
  ])('%s is wrong usage: exit code 2', async (_what, args) => {
    const place = scene();
    const ran = await run(args, { cwd: place.folder });
    expect(ran.code).toBe(2);
    expect(ran.err).toMatch(/--help/);
    expect(ran.all).not.toMatch(/^ +at /m);
  });

  test.each([
    ['up', []],
    ['up', ['up', 'not-there.yml']],
    ['validate', ['validate']],
    ['validate', ['validate', 'not-there.yml']],
    ['plan', ['plan', 'not-there.yml']],
  ])('%s without a file (%j): exit code 1', async (_command, args) => {
    const place = scene();
    const ran = await run(args, { cwd: place.folder });
    expect(ran.code).toBe(1);
    expect(ran.err + ran.out).toMatch(args.length > 1 ? /not-there\.yml/ : /no ecosystem file/);
    expect(ran.all).not.toMatch(/^ +at /m);
  });

  test('validate of a good file: exit code 0', async () => {
    const place = scene('hello');
    expect((await run(['validate', place.file])).code).toBe(0);
    expect((await run(['validate'], { cwd: place.folder })).code).toBe(0);
  });

  test('plan of a good file against nothing that runs: exit code 0, or 2 with --exit-code', async () => {
    const place = scene('hello');
    const ran = await run(['plan', place.file]);
    expect(ran.code).toBe(0);
    expect(ran.out).toContain('hello');
    expect((await run(['plan', '--exit-code', place.file])).code).toBe(2);
  });

  test('--only with a name that is not there: exit code 1', async () => {
    const place = scene('hello');
    const ran = await run([place.file, '--only', 'nobody']);
    expect(ran.code).toBe(1);
    expect(ran.all).toContain('nobody');
  });
});
