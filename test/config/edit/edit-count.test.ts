/** Writing a count into the text of a file: where it lands, and what is refused. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { appNames } from '../../../src/config/edit/edit-apps.ts';
import { editCount, MAX_INSTANCES, type Change } from '../../../src/config/edit/edit-count.ts';
import { parse } from '../helpers.ts';

const CORES = 8;

function edited(text: string, app: string, change: Change, file?: string): string {
  const result = editCount(text, app, change, CORES, file === undefined ? {} : { file });
  if ('error' in result) throw new Error(result.error);
  return result.text;
}

function refused(text: string, app: string, change: Change): string {
  const result = editCount(text, app, change, CORES);
  if ('text' in result) throw new Error(`changed to ${result.text}`);
  return result.error;
}

/** `@` stands for the count: 2 before, 5 after. */
describe('a count that is written', () => {
  test.each([
    ['in a list', 'apps:\n  - name: api\n    script: s.js\n    instances: @ # two\n'],
    ['below pm2', 'pm2:\n  - name: api\n    script: s.js\n    instances: @\n'],
    [
      'in a mapping by name',
      'apps:\n  web: { script: w.js, instances: 7 }\n  api: { script: s.js, instances: @ }\n',
    ],
    ['in one app below apps', 'apps:\n  name: api\n  instances: @\n  script: s.js'],
    ['in a bare list', '- script: w.js\n- instances: @\n  script: ./lib/api.js\n'],
    ['in a bare app', 'instances: @\nscript: s.js\nname: api\n'],
    [
      'in an app named by its script',
      'apps: [{ exec: dist/api.js, instances: @ }, { cmd: b.js, instances: 3 }]',
    ],
    ['in double quotes', 'apps:\n  - { name: api, script: s, instances: "@" }\n'],
    ['in single quotes', "apps:\n  - { name: 'api', script: s, 'instances' : '@' }\n"],
    ['in quotes with spaces', 'apps:\n  - { name: api, script: s, instances: " @ " }\n'],
    ['after an anchor', 'apps:\n  - { name: api, script: s, instances: &n @ }\n'],
    ['after a tag', 'apps:\n  - name: api\n    script: s\n    instances: !!int @\n'],
    [
      'on a line of its own',
      'apps:\n  - name: api\n    script: s\n    instances:\n      # how many\n      @\n',
    ],
    ['in a block scalar', 'apps:\n  - name: api\n    instances: >-\n      @\n    script: s\n'],
    ['as an explicit key', 'apps:\n  - ? name\n    : api\n    ? instances\n    : @\n    script: s\n'],
    [
      'with CRLF and a byte order mark',
      '\uFEFFapps:\r\n  - name: api\r\n    script: s\r\n    instances: @\r\n',
    ],
    ['after a document marker', '%YAML 1.2\n---\n- name: api\n  script: s\n  instances: @\n...\n'],
    [
      'beside a merge key',
      'x-b: &b { instances: 9 }\napps:\n  - <<: *b\n    name: api\n    script: s\n    instances: @\n',
    ],
    ['in JSON', '{"apps":[{"name":"api","script":"s","instances":@}]}'],
    [
      'in JSON with comments',
      '// a\n{\n\t"apps": [\n\t\t{ /* instances: 1 */ "name": "api", "script": "s", "instances": @, } // b\n\t]\n}\n',
    ],
    ['in a bare app in JSON', '{ "name": "api", "script": "s", "instances": "@" }'],
  ])('%s', (_, pattern) => {
    const before = pattern.replace('@', '2');
    expect(edited(before, 'api', { set: 5 })).toBe(pattern.replace('@', '5'));
    expect(edited(before, 'api', { by: 3 })).toBe(pattern.replace('@', '5'));
    expect(edited(before, 'api', { by: -1 })).toBe(pattern.replace('@', '1'));
    expect(parse(edited(before, 'api', { set: 5 }), { missingScript: 'warning' }).desired).not.toBeNull();
  });

  test('in a JSON file that begins with a bracket', () => {
    const text = '[\n\t// one\n\t{ "name": "api", "script": "s", "instances": 2 }\n]';
    expect(edited(text, 'api', { set: 5 }, '/srv/pm2.json')).toBe(text.replace('2 }', '5 }'));
  });

  test.each([
    ['max', 9],
    ['0', 9],
    ['-1', 8],
    ['"max"', 9],
    ['-60', 2],
    ['+3', 4],
    ['0x10', 17],
  ])('%s is resolved before one is added', (written, to) => {
    const text = `apps: [{ name: api, script: s, instances: ${written} }]`;
    const result = editCount(text, 'api', { by: 1 }, CORES);
    expect(result).toMatchObject({ from: to - 1, to });
  });

  test('the same count changes nothing', () => {
    const text = 'apps: [{ name: api, script: s, instances: 4 }]';
    expect(editCount(text, 'api', { set: 4 }, CORES)).toEqual({ text, from: 4, to: 4 });
  });
});

/** `@` stands for what is inserted. */
describe('a count that is not written', () => {
  test.each([
    [
      'after the script',
      'apps:\n  - name: api\n    script: s.js # main@\n    env: {}\n',
      '\n    instances: 3',
    ],
    ['at the end of a file', 'apps:\n- script: api.js@', '\n  instances: 3'],
    ['with CRLF', 'apps:\r\n  - script: api.js@\r\n    cwd: .\r\n', '\r\n    instances: 3'],
    ['after a byte order mark', '\uFEFFscript: api.js@\n', '\ninstances: 3'],
    [
      'after a block scalar',
      'apps:\n  api:\n    script: >\n      node\n      s.js@\n    cwd: .\n',
      '\n    instances: 3',
    ],
    [
      'after the name, where the script is merged',
      'x-b: &b { script: s.js }\napps:\n  - <<: *b\n    name: api@\n',
      '\n    instances: 3',
    ],
    [
      'after a script that is an alias',
      'x-b: &b s.js\napps:\n  - name: api\n    script: *b@\n',
      '\n    instances: 3',
    ],
    ['in braces', 'apps:\n  - { name: api, script: s.js@ }\n', ', instances: 3'],
    ['in braces with quotes', "apps: { api: { 'script': 's.js'@, env: {} } }", ", 'instances': 3"],
    ['in JSON on one line', '{"apps":[{"name":"api","script":"s.js"@}]}', ',"instances":3'],
    [
      'in JSON on lines',
      '{\n  "apps": [{\n    "name": "api",\n    "script": "s.js"@\n  }]\n}\n',
      ',\n    "instances": 3',
    ],
    [
      'in JSON before a comment',
      '{ "apps": [{\n\t\t"script": "api.js", // main@\n\t\t"cwd": "."\n}]}\n',
      '\n\t\t"instances": 3,',
    ],
    ['where it is empty', 'apps:\n  - name: api\n    instances:@ # how many?\n    script: s\n', ' 3'],
    ['where it is empty in braces', 'apps:\n  - { name: api, instances@, script: s }\n', ': 3'],
  ])('%s', (_, pattern, inserted) => {
    const before = pattern.replace('@', '');
    const after = pattern.replace('@', inserted);
    expect(editCount(before, 'api', { by: 2 }, CORES)).toEqual({ text: after, from: 1, to: 3 });
    expect(parse(after, { missingScript: 'warning' }).desired?.apps[0]?.instances).toBe(3);
  });

  test('null is replaced', () => {
    const text = 'apps: [{ name: api, script: s, instances: null }]';
    expect(edited(text, 'api', { set: 3 })).toBe(text.replace('null', '3'));
  });

  test('the default is not written, since it would change the mode', () => {
    const text = 'apps: [{ script: api.js }]';
    expect(editCount(text, 'api', { set: 1 }, CORES)).toEqual({ text, from: 1, to: 1 });
  });
});

describe('refused', () => {
  const text = 'apps:\n  - { name: api, script: s, instances: 4 }\n  - { name: web, script: s }\n';

  test.each([
    [
      { by: -99 },
      'api has 4 workers, and must have 1 at least: 99 fewer would leave less than none; `cluster-up stop api` runs none of it',
    ],
    [
      { by: -4 },
      'api has 4 workers, and must have 1 at least: 4 fewer would leave none; `cluster-up stop api` runs none of it',
    ],
    [{ set: 0 }, 'api has 4 workers, and must have 1 at least: not 0; `cluster-up stop api` runs none of it'],
    [{ set: 1025 }, 'api has 4 workers, and may have 1024 at most, not 1025'],
    [{ by: 1.5 }, 'api has 4 workers; a number of workers is a whole number'],
    [{ set: NaN }, 'api has 4 workers; a number of workers is a whole number'],
  ])('%j', (change, message) => {
    expect(refused(text, 'api', change)).toBe(message);
  });

  test('an unknown app', () => {
    expect(refused(text, 'apii', { set: 2 })).toBe(
      'there is no app "apii"; there is api, web. Did you mean `api`?',
    );
    expect(refused('apps: []', 'api', { set: 2 })).toBe('there is no app "api"; the file has none');
  });

  test('a name that two apps have', () => {
    expect(refused('[{ script: a.js }, { script: b/a.js }]', 'a', { set: 2 })).toBe(
      '2 apps are called "a"; names must be unique',
    );
  });

  test.each([
    [
      'an interpolation',
      'apps:\n  - name: api\n    script: s\n    instances: ${N:-2}\n',
      'the count of api is `${N:-2}` (line 4): change that variable, or write a number',
    ],
    [
      'an alias',
      'x-n: &n 4\napps:\n  - name: api\n    script: s\n    instances: *n\n',
      'the count of api comes from the alias `*n` (line 5): give api `instances` of its own, or change it there',
    ],
    [
      'a merge key',
      'x-b: &b\n  instances: 4\napps:\n  - <<: *b\n    name: api\n    script: s\n',
      'the count of api comes from line 2 by a merge key (`<<`): give api `instances` of its own, or change it there',
    ],
    [
      'an app that is an alias',
      'x-a: &a { name: api, script: s }\napps:\n  - *a\n',
      'the count of api comes from the alias `*a` (line 3): give api `instances` of its own, or change it there',
    ],
    [
      'no number',
      'apps:\n  - name: api\n    script: s\n    instances: many\n',
      'the count of api (line 4) is no number, nor max',
    ],
    [
      'a list',
      'apps:\n  - name: api\n    script: s\n    instances: [4]\n',
      'the count of api (line 4) is no number, nor max',
    ],
  ])('a count that is %s', (_, file, message) => {
    expect(refused(file, 'api', { set: 2 })).toBe(message);
  });

  test.each([
    [
      'defaults',
      'defaults: { instances: 3 }\napps:\n  - { name: api, script: s }\n',
      'the count of api comes from `defaults` (line 1): give api `instances` of its own, or change it there',
    ],
    [
      'what it extends',
      'apps:\n  - { name: b, script: s }\n  - { name: api, extends: b }\n',
      'the count of api comes from what it extends (line 3): give api `instances` of its own, or change it there',
    ],
    [
      'a profile',
      'apps:\n  - name: api\n    script: s\n    instances: 2\n    profiles:\n      big: { instances: 9 }\n',
      'the count of api comes from the profile `big` (line 6) too: change it by hand',
    ],
  ])('a count that comes from %s', (_, file, message) => {
    expect(refused(file, 'api', { set: 2 })).toBe(message);
  });

  test('but not for the count of an app that has its own besides', () => {
    const own =
      'defaults: { instances: 3 }\napps:\n  - { name: api, extends: b, script: s, instances: 2 }\n  - { name: b, script: s }\n';
    expect(edited(own, 'api', { by: 1 })).toBe(own.replace('instances: 2', 'instances: 3'));
  });

  test('a count that others take from this app', () => {
    const merged =
      'apps:\n  - &a\n    name: api\n    script: s\n    instances: 4\n  - { <<: *a, name: web }\n';
    expect(refused(merged, 'api', { set: 2 })).toBe(
      'changing the count of api (line 5) would also change web, which repeats it: change it by hand',
    );
    const inserted = 'apps:\n  - &a\n    name: api\n    script: s\n  - { <<: *a, name: web }\n';
    expect(refused(inserted, 'api', { set: 2 })).toMatch(/would also change web/);
    const anchored = 'apps:\n  - { name: api, script: s, instances: &n 4, max_restarts: *n }\n';
    expect(refused(anchored, 'api', { set: 2 })).toMatch(/would also change something else/);
  });

  test.each(['', 'apps: [', 'a: 1\na: 2\n', 'just text', '[['.repeat(2000), '- '.repeat(50_000)])(
    'a file that is none',
    (file) => {
      expect(refused(file, 'api', { set: 2 })).not.toBe('');
    },
  );
});

test('the bounds are those of the schema', () => {
  const schema = readFileSync(new URL('../../../schemas/ecosystem.schema.json', import.meta.url), 'utf8');
  const { $defs } = JSON.parse(schema) as {
    $defs: { app: { properties: { instances: { maximum: number } } } };
  };
  expect(MAX_INSTANCES).toBe($defs.app.properties.instances.maximum);
});

test('names are read as far as they can be', () => {
  expect(appNames('apps: [{ script: a.js, instances: many }, { name: "${P:-x}-b", script: s }]')).toEqual([
    'a',
    'x-b',
  ]);
  expect(appNames('apps: [')).toEqual([]);
});
