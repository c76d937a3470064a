/** Spellings of keys, keys without effect, and what is said of them. */
import { readdirSync, readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { parse as parseYaml } from 'yaml';
import { APP_KEYS } from '../../../src/config/schema/keys.generated.ts';
import { suggest } from '../../../src/shared/suggest.ts';
import { appOf, parse, told } from '../helpers.ts';

interface Property {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly 'x-alias-of'?: string;
  readonly 'x-ignored'?: string;
}
interface Schema {
  readonly $defs: Readonly<Record<string, { readonly properties?: Readonly<Record<string, Property>> }>>;
}
const schema = JSON.parse(
  readFileSync(new URL('../../../schemas/ecosystem.schema.json', import.meta.url), 'utf8'),
) as Schema;
const properties = Object.entries(schema.$defs['app']?.properties ?? {});

describe('the schema', () => {
  const good = new URL('../../../fixtures/config/good/', import.meta.url);
  const files = readdirSync(good).filter((name) => name.endsWith('.yml'));

  test.each(files)('accepts %s as it stands, as an editor would', (name) => {
    const ajv = new Ajv2020({ strict: false, allErrors: true });
    const validate = ajv.compile(schema);
    validate(parseYaml(readFileSync(new URL(name, good), 'utf8'), { merge: true }));
    expect(validate.errors).toBeNull();
  });

  test('describes every property, with an example where it has an effect', () => {
    const all = Object.values(schema.$defs).flatMap((part) => Object.entries(part.properties ?? {}));
    const bare = all.filter(([, { description }]) => !description).map(([name]) => name);
    const noExample = all
      .filter(([, p]) => !p['x-alias-of'] && !p['x-ignored'] && !p.examples?.length)
      .map(([name]) => name);
    expect([bare, noExample]).toEqual([[], []]);
  });

  test.each(properties.filter(([, { examples }]) => examples))(
    'accepts its own examples of %s',
    (name, { examples }) => {
      for (const example of examples ?? []) {
        const app = { script: 'server.js', [name]: example };
        const { diagnostics } = parse(JSON.stringify({ apps: [app] }), { missingScript: 'warning' });
        const refused = diagnostics.filter(({ code }) => /^CU1[23]/.test(code) && !/^CU12(10|11)/.test(code));
        expect(refused).toEqual([]);
      }
    },
  );
});

test('every alias and every camelCase spelling is read', () => {
  for (const [name, { alias }] of APP_KEYS) {
    const camel = name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
    const codes = parse(`apps: [{ ${camel}: [[]], script: server.js }]`).diagnostics.map(({ code }) => code);
    expect(codes, `${camel} for ${alias ?? name}`).not.toContain('CU1203');
  }
  expect(appOf('cmd: server.js').process.script).toBe('/srv/server.js');
  expect(appOf('killTimeout: 5, interpreterArgs: --a, rollout: { maxSurge: 3 }')).toMatchObject({
    stop: { killTimeout: 5 },
    process: { interpreterArgs: ['--a'] },
    rollout: { maxSurge: 3 },
  });
});

test('a key of PM2 is noted once for all apps', () => {
  const loaded = parse(
    'apps:\n  - { script: server.js, pmx: true }\n  - { script: worker.mjs, pmx: true }\n',
  );
  expect(told(loaded)).toEqual(['2:26 CU1210 warning']);
  expect(loaded.diagnostics[0]?.message).toBe('`pmx` of PM2 has no meaning here (in 2 apps).');
});

test('what happens anyway is not noted', () => {
  const fields =
    'watch: false, vizion: false, autostart: true, merge_logs: false, time: false, pmx: false, log_file: null';
  expect(told(parse(`apps: [{ script: server.js, ${fields} }]`))).toEqual([]);
});

test('variables with names of settings that are also common names are left alone', () => {
  expect(told(parse('apps: [{ script: server.js, env: { port: 1, name: a, NODE_ARGS: b } }]'))).toEqual([]);
});

test.each([
  ['instnces', 'instances'],
  ['intsances', 'instances'],
  ['scirpt', 'script'],
  ['maxrestarts', 'max_restarts'],
  ['something_else', null],
  ['xy', null],
])('%s: did you mean %s', (word, expected) => {
  const known = [...APP_KEYS].flatMap(([name, { alias }]) => (alias === undefined ? [name] : []));
  expect(suggest(word, known)).toBe(expected);
});
