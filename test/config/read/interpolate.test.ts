import { describe, expect, test } from 'vitest';
import { interpolate } from '../../../src/config/read/interpolate.ts';
import { splitWords } from '../../../src/shared/words.ts';
import { appOf, appsOf, OPTIONS, parse, told } from '../helpers.ts';

const variables = { SET: 'value', EMPTY: '', N: '4' };

test.each([
  ['plain', 'plain'],
  ['${SET}', 'value'],
  ['a${SET}b${N}', 'avalueb4'],
  ['${EMPTY}', ''],
  ['${UNSET:-default}', 'default'],
  ['${EMPTY:-default}', 'default'],
  ['${EMPTY-default}', ''],
  ['${UNSET-}', ''],
  ['${UNSET:-${SET}}', 'value'],
  ['${UNSET:-a ${UNSET:-}b}', 'a b'],
  ['${SET:?needed}', 'value'],
  ['$$', '$'],
  ['$${SET}', '${SET}'],
  ['$SET $', '$SET $'],
])('%s becomes %j', (text, expected) => {
  expect(interpolate(text, variables)).toMatchObject({ text: expected, troubles: [] });
});

test.each([
  ['${UNSET}', 'missing'],
  ['${UNSET:?tell me}', 'missing'],
  ['${EMPTY:?tell me}', 'missing'],
  ['${__proto__}', 'missing'],
  ['${1}', 'malformed'],
  ['${}', 'malformed'],
  ['${SET', 'malformed'],
  ['${SET:+x}', 'malformed'],
])('%s is %s', (text, kind) => {
  expect(interpolate(text, variables).troubles).toMatchObject([{ kind }]);
});

describe('in a file', () => {
  const options = { processEnv: { ...OPTIONS.processEnv, ...variables } };

  test('a plain value takes the type of what it expands to, a quoted one is text', () => {
    expect(appOf('instances: "${N}"', options).instances).toBe(4);
    const plain =
      'apps:\n  - script: server.js\n    autorestart: ${UNSET:-false}\n    wait_ready: ${UNSET:-true}\n';
    expect(appsOf(plain, options)[0]).toMatchObject({ restart: { auto: false }, ready: 'message' });
    expect(told(parse('apps: [{ script: server.js, autorestart: "${UNSET:-false}" }]', options))).toEqual([
      '1:42 CU1301 error',
    ]);
  });

  test('between brackets it needs quotes, and the message says so', () => {
    const loaded = parse('apps: [{ script: server.js, env: { PORT: ${PORT} } }]');
    expect(told(loaded)).toEqual(['1:42 CU1101 error']);
    expect(loaded.diagnostics[0]?.hint).toBe('Write `"${NAME}"`.');
  });

  test('every missing variable is reported, where it stands, and nothing that follows from it', () => {
    const text = 'apps:\n  - script: ${A}\n    name: "x ${B} ${C}"\n    env: { D: "${D}", E: "${E:-}" }\n';
    expect(told(parse(text))).toEqual([
      '2:13 CU1401 error',
      '3:14 CU1401 error',
      '3:19 CU1401 error',
      '4:16 CU1401 error',
    ]);
  });

  test('a name that is nearly that of a variable is suggested', () => {
    const { diagnostics } = parse('apps: [{ script: server.js, args: "${SETT}" }]', options);
    expect(diagnostics[0]).toMatchObject({ code: 'CU1401', hint: 'Did you mean `SET`?' });
  });

  test('what nobody reads needs no variables', () => {
    const apps = 'apps:\n  - <<: *c\n    script: server.js\n    env_production: { A: "${SECRET}" }\n';
    const text = `x-c: &c { args: "\${N}" }\ndeploy: { a: "\${REF}" }\n${apps}`;
    expect(parse(text, options).desired?.apps[0]?.process.args).toEqual(['4']);
    expect(told(parse(text, { ...options, envName: 'production' }))).toContain('6:27 CU1401 error');
  });

  test('a variable that changes changes the generation', () => {
    const generation = (N: string): string | undefined =>
      parse('apps: [{ script: server.js, instances: "${N}" }]', { processEnv: { ...OPTIONS.processEnv, N } })
        .desired?.generation;
    expect(generation('1')).toBe(generation('1'));
    expect(generation('1')).not.toBe(generation('2'));
  });
});

test.each([
  ['', []],
  ['  a  b ', ['a', 'b']],
  ['a "b c" d', ['a', 'b c', 'd']],
  [`'a "b"' "c 'd'"`, ['a "b"', "c 'd'"]],
  ['a\\ b', ['a b']],
  ['"a\\"b" \'c\\d\'', ['a"b', 'c\\d']],
  ['""', ['']],
  ['a""b', ['ab']],
  ['"open', null],
  ["it's", null],
])('words of %j', (line, words) => {
  expect(splitWords(line)).toEqual(words);
});
