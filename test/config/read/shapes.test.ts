/** Every shape that a file may have means the same two apps, or the same one. */
import { describe, expect, test } from 'vitest';
import { parse, told } from '../helpers.ts';

const names = (text: string, file?: string): string[] | undefined =>
  parse(text, {}, file).desired?.apps.map(({ name, process }) => `${name} ${process.script}`);

const TWO = ['server /srv/server.js', 'worker /srv/worker.mjs'];

describe('two apps', () => {
  test.each([
    ['a list below apps', 'apps:\n  - script: server.js\n  - script: worker.mjs\n'],
    ['a list below pm2', 'pm2:\n  - script: server.js\n  - script: worker.mjs\n'],
    ['a mapping by name', 'apps:\n  server: { script: server.js }\n  worker: { script: worker.mjs }\n'],
    ['a bare list', '- script: server.js\n- script: worker.mjs\n'],
    ['a list after a document marker', '---\n  - script: server.js\n  - script: worker.mjs\n'],
    ['JSON', '{"apps": [{"script": "server.js"}, {"script": "worker.mjs"}]}'],
    [
      'JSON as PM2 reads it',
      "{\n\t// two\n\tapps: [{'script': 'server.js'}, /* and */ {script: 'worker.mjs'},],\n}",
    ],
    ['with CRLF', 'apps:\r\n  - script: server.js\r\n  - script: worker.mjs\r\n'],
    ['with a byte order mark', '\uFEFFapps:\n  - script: server.js\n  - script: worker.mjs\n'],
    ['a bare list after a byte order mark', '\uFEFF- script: server.js\n- script: worker.mjs\n'],
    [
      'with keys of its own',
      'x-a: 1\n.b: 2\napps:\n  - { script: server.js, x-c: 1 }\n  - { script: worker.mjs, .d: 2 }\n',
    ],
  ])('%s', (_, text) => {
    expect(told(parse(text))).toEqual([]);
    expect(names(text)).toEqual(TWO);
  });
});

describe('one app', () => {
  test.each([
    ['is the whole file', 'name: api\nscript: server.js\n'],
    ['is what apps holds', 'apps:\n  name: api\n  script: server.js\n'],
    ['is one key of a mapping', 'apps:\n  api:\n    script: server.js\n'],
    ['has a name besides its key', 'apps:\n  key:\n    name: api\n    script: server.js\n'],
  ])('%s', (_, text) => {
    expect(names(text)).toEqual(['api /srv/server.js']);
  });
});

test('a JSON file may be called so or not', () => {
  const text = '// first\n{ "apps": [{ "script": "server.js", "env": { "URL": "http://a//b" } }] }';
  expect(parse(text, {}, '/srv/pm2.json').desired?.apps[0]?.process.env).toEqual({ URL: 'http://a//b' });
  expect(parse(text).desired).not.toBeNull();
});

test('JSON and YAML of the same content are the same', () => {
  const yaml = parse('apps:\n  - { script: server.js, instances: 2, env: { PORT: 3000, B: true } }\n').desired
    ?.apps[0];
  const json = parse('{"apps":[{"script":"server.js","instances":2,"env":{"B":true,"PORT":3000}}]}').desired
    ?.apps[0];
  expect({ ...json, lines: {} }).toEqual({ ...yaml, lines: {} });
});

test('an empty list is valid and warned about', () => {
  const loaded = parse('apps: []\n');
  expect(loaded.desired?.apps).toEqual([]);
  expect(told(loaded)).toEqual(['1:7 CU1206 warning']);
});
