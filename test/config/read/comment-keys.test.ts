/** JSON has no comments, so people write them as keys. */
import { expect, test } from 'vitest';
import { appsOf, parse, told } from '../helpers.ts';

const APP = '"name": "a", "script": "./server.js"';

test.each([
  [
    'in an app, twice',
    `{ "apps": [{ "//": "one", "//": "two", "// cwd": "where", "_comment": ["x"], ${APP} }] }`,
  ],
  ['at the top', `{ "//": "all", "_comment": { "by": "me" }, "apps": [{ ${APP} }] }`],
  ['beside named apps', `{ "apps": { "// a": "an app", "a": { ${APP} }, "__comment__": "x" } }`],
  ['in one bare app', `{ "#": "the app", ${APP} }`],
  ['in a block', `{ "apps": [{ ${APP}, "rollout": { "// why": "x", "max_surge": 1 } }] }`],
])('%s they are no keys', (_where, text) => {
  expect(told(parse(text))).toEqual([]);
  expect(appsOf(text).map(({ name }) => name)).toEqual(['a']);
});

test('among variables they are none', () => {
  const text = `{ "apps": [{ ${APP}, "env": { "//": "x", "_comment": "y", "_COMMENTER": "z", "A": "1" } }] }`;
  expect(appsOf(text)[0]?.process.env).toMatchObject({ _COMMENTER: 'z', A: '1' });
  expect(Object.keys(appsOf(text)[0]?.process.env ?? {})).not.toContain('//');
});

test('a key that only looks like one is unknown still, and one given twice is told', () => {
  expect(told(parse(`{ "apps": [{ ${APP}, "comment": "x" }] }`))).toHaveLength(1);
  expect(told(parse(`{ "apps": [{ ${APP}, "args": "x", "args": "y" }] }`))).toHaveLength(1);
});
