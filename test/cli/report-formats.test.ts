/** The machine-readable reports, each held against its schema. */
import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { inFolder } from './validate-helpers.ts';

const json = (name: string): object =>
  JSON.parse(readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8')) as object;

const { run } = inFolder({
  'server.js': '',
  'good.yml': 'apps: [{ script: server.js }]\n',
  'bad.yml': 'apps:\n  - script: server.js\n    instances: -100\n    "<&\\e\\"": 1\n',
  'with space/warned.yml': 'apps: [{ script: dist/later.js }]\n',
});
const FILES = ['good.yml', 'bad.yml', 'with space/warned.yml', 'missing.yml'];

describe('json', () => {
  test('is what its schema says', async () => {
    const { code, out } = await run(FILES, { format: 'json' });
    expect(code).toBe(1);
    const validate = new Ajv2020({ strict: true, allErrors: true }).compile(
      json('schemas/report.schema.json'),
    );
    const report = JSON.parse(out) as unknown;
    validate(report);
    expect(validate.errors ?? []).toEqual([]);
    expect(report).toMatchObject({
      version: 1,
      valid: false,
      errors: 3,
      warnings: 1,
      files: [
        { valid: true, diagnostics: [] },
        {
          valid: false,
          diagnostics: [
            { code: 'CU1301', start: { line: 3, column: 16 }, documentation: 'docs/diagnostics.md#cu1301' },
            {},
          ],
        },
        { valid: true, diagnostics: [{ severity: 'warning' }] },
        { valid: false, diagnostics: [{ code: 'CU1001' }] },
      ],
    });
  });

  test('every link leads to a section', async () => {
    const page = readFileSync(new URL('../../docs/diagnostics.md', import.meta.url), 'utf8');
    const { out } = await run(FILES, { format: 'json' });
    const links = [...out.matchAll(/"documentation": "docs\/diagnostics\.md#(cu\d+)"/g)];
    expect(links.length).toBe(4);
    for (const [, anchor = ''] of links) expect(page).toContain(`### ${anchor.toUpperCase()}\n`);
  });
});

describe('sarif', () => {
  // The schema that OASIS publishes for SARIF 2.1.0.
  const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false });
  const validate = ajv.compile(json('fixtures/config/sarif-schema-2.1.0.json'));

  test.each([[['good.yml']], [FILES]])('%j is what the official schema says', async (files) => {
    const { out } = await run(files, { format: 'sarif' });
    validate(JSON.parse(out));
    expect(validate.errors ?? []).toEqual([]);
  });

  test('places are relative to the folder, and are addresses', async () => {
    const { out } = await run(FILES, { format: 'sarif' });
    const log = JSON.parse(out) as {
      runs: [{ results: { locations: [{ physicalLocation: object }] }[]; tool: object }];
    };
    const places = log.runs[0].results.map(({ locations: [{ physicalLocation }] }) => physicalLocation);
    expect(places).toMatchObject([
      {
        artifactLocation: { uri: 'bad.yml', uriBaseId: '%SRCROOT%' },
        region: { startLine: 3, startColumn: 16, endColumn: 20 },
      },
      {},
      { artifactLocation: { uri: 'with%20space/warned.yml' } },
      { artifactLocation: { uri: 'missing.yml' } },
    ]);
  });
});

describe('junit', () => {
  test('a suite per file, a case per problem', async () => {
    const { out } = await run(FILES, { format: 'junit' });
    expect(out.match(/<testsuite /g)).toHaveLength(4);
    expect(out).toContain(
      '<testsuite name="good.yml" tests="1" failures="0" errors="0">\n    <testcase classname="good.yml" name="valid"/>',
    );
    expect(out).toContain('<testsuite name="bad.yml" tests="2" failures="2" errors="0">');
    expect(out).toMatch(
      /<testcase classname="with space\/warned\.yml" name="CU1601 at 1:18">\n {6}<system-out>/,
    );
  });

  test('is XML, whatever a file says', async () => {
    const { out } = await run(FILES, { format: 'junit' });
    expect(out).toContain('&lt;&amp;');
    expect(out.split('').filter((char) => char < ' ' && char !== '\n')).toEqual([]);
  });

  test('--strict makes warnings failures', async () => {
    expect((await run(['with space/warned.yml'], { format: 'junit', strict: true })).out).toContain(
      '<failure type="CU1601"',
    );
  });
});

test('github', async () => {
  const { out } = await run(['bad.yml'], { format: 'github' });
  expect(out).toMatch(
    /^::error file=bad\.yml,line=3,col=16,endLine=3,endColumn=20,title=CU1301::`instances` must be /,
  );
});
