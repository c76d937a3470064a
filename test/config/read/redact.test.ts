/** What stands in a file as a secret is shown in no code frame, no message and no report, whatever is wrong with the file. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { reportText } from '../../../src/cli/report-text.ts';
import { redact } from '../../../src/config/read/redact.ts';
import { maskArguments, maskCommandLine } from '../../../src/shared/mask.ts';
import { parse } from '../helpers.ts';

const SECRET = 'hunter2Secret';

/** All that a person is shown of a file. */
function shown(text: string): string {
  const loaded = parse(text);
  return [
    loaded.text,
    ...loaded.texts.values(),
    JSON.stringify(loaded.diagnostics),
    reportText(loaded.diagnostics, loaded.text, { color: false, cwd: '/srv', texts: loaded.texts }),
  ].join('\n');
}

const app = (rest: string): string => `apps:\n  - name: api\n    script: ./server.js\n${rest}`;

/** Ways to write a secret. */
const FORMS: Readonly<Record<string, string>> = {
  'an upper-case variable': app(`    env:\n      TOKEN: ${SECRET}\n`),
  'a lower-case variable': app(`    env:\n      some_name: ${SECRET}\n`),
  'flow style': app(`    env: { some: ${SECRET}, other: "${SECRET}" }\n`),
  'JSON on one line': `{ "apps": [{ "script": "./server.js", "env": { "some": "${SECRET}" }, "instances": 2 }] }\n`,
  'JSON on several lines': `{\n  "apps": [\n    {\n      "script": "./server.js",\n      "env": {\n        "name": "${SECRET}"\n      }\n    }\n  ]\n}\n`,
  'a block scalar': app(`    env:\n      some: |\n        name: ${SECRET}\n        ${SECRET}\n`),
  'a folded scalar of an environment': app(`    env_production:\n      some: >-\n        ${SECRET}\n`),
  'a quoted text of two lines': app(`    env:\n      some: "one\n        name: ${SECRET}"\n`),
  'arguments in a list': app(`    args: [--password, ${SECRET}, --token=${SECRET}]\n`),
  'arguments in one text': app(`    args: --dbPassword ${SECRET} -v\n`),
  'a shell line': app(`    exec_interpreter: none\n`).replace('./server.js', `./x --api-key=${SECRET} && y`),
  'a key of no known name': app(`    db_password: ${SECRET}\n`),
  'an anchor': `x-common: &common\n  some: ${SECRET}\n${app('    env: *common\n')}`,
  'a second of two equal keys': app(`    env:\n      some: 1\n      some: ${SECRET}\n`),
};

/** Mistakes, each made in a text. */
const MISTAKES: Readonly<Record<string, (text: string) => string>> = {
  none: (text) => text,
  'a bracket that is never closed': (text) => `${text}x: [\n`,
  'a quote that is never closed, at the end': (text) => `${text}x: "\n`,
  'a quote in front of the secret': (text) => text.replace(SECRET, `"${SECRET}`),
  'a quote behind it': (text) => text.replace(SECRET, `${SECRET}"`),
  'a colon and more behind it': (text) => text.replace(SECRET, `${SECRET}: more`),
  'text in front of it': (text) => text.replace(SECRET, `more: ${SECRET}`),
  'a tab': (text) => text.replace(/^( +)/m, '\t'),
  'a key without a colon': (text) => text.replace('script:', 'script'),
  'a wrong indentation': (text) => text.replace('    script', '   script'),
  'an unknown key': (text) => text.replace('script', 'scirpt'),
  'a second document': (text) => `${text}---\n- 1\n`,
  'an alias to nothing': (text) => `${text}y: *nowhere\n`,
  'braces that do not match': (text) => text.replace('}', ']'),
};

describe.each(Object.entries(FORMS))('%s', (_form, text) => {
  test.each(Object.entries(MISTAKES))('with %s', (_mistake, mistake) => {
    expect(shown(mistake(text))).not.toContain(SECRET);
  });
});

test(
  'what a cut or a stray character anywhere makes of it, so that it is no YAML any more, shows none either',
  { timeout: 30_000 },
  () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.values(FORMS)),
        fc.nat(),
        fc.constantFrom('', '"', "'", '{', '}', '[', ']', ':', ',', '\n', ' ', '-', '#', '|', '&', '*', '%'),
        fc.boolean(),
        (text, where, extra, isCut) => {
          const at = where % text.length;
          // A mistake inside the secret would make two of it.
          const inside = text.lastIndexOf(SECRET, at);
          fc.pre(inside < 0 || at <= inside || at >= inside + SECRET.length);
          const broken = text.slice(0, at) + extra + (isCut ? '' : text.slice(at));
          // What is YAML still may have become something else, in which no environment stands any more.
          fc.pre(parse(broken).diagnostics.some(({ code }) => /^CU11(?!03|10)/.test(code)));
          expect(shown(broken)).not.toContain(SECRET);
        },
      ),
      { numRuns: 300, maxSkipsPerRun: 100 },
    );
  },
);

test.each([
  'apps:\n  - name: api\n    args: [--password, hunter2Secret:\n',
  'apps:\n  - name: api\n    args: [\n      --password,\n      hunter2Secret: ,\n',
  'apps:\n  - name: api\n    args:\n      - --password\n      - hunter2Secret:\n    x: [\n',
])('a colon behind a value of a list makes no key of it: %j', (text) => {
  expect(shown(text)).not.toContain(SECRET);
});

test('it keeps its length, the names of keys, and what tells nothing', () => {
  const text = '- name: api\n  script: ./server.js\n  instances: 4\n  env: { A: [b, "c d"], E: 5 }\n  x y\n';
  expect(redact(text, null)).toBe(
    '- name: •••\n  script: ./server.js\n  instances: 4\n  env: { A: [•, "• •"], E: • }\n  • •\n',
  );
});

test('arguments that look secret', () => {
  expect(
    maskArguments([
      'serve',
      '--port',
      '80',
      '--api-key',
      'abc',
      '--dbPassword=x',
      '--token-file',
      './t',
      '-v',
    ]),
  ).toEqual(['serve', '--port', '80', '--api-key', '***', '--dbPassword=***', '--token-file', './t', '-v']);
  expect(maskArguments(['postgres://me:hunter22@db/x', 'AKIAABCDEFGHIJKLMNOP'])).toEqual(['***', '***']);
  expect(maskCommandLine('TOKEN=abc ./run  --secret x "$HOME"')).toBe(
    'TOKEN=*** ./run  --secret *** "$HOME"',
  );
});
