/** What an editor shows: the real yaml-language-server with our schema, over stdio. */
import { readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Client, type Place } from './client.ts';

const ROOT = new URL('../../', import.meta.url);
const SCHEMA = pathToFileURL(fileURLToPath(new URL('schemas/ecosystem.schema.json', ROOT))).href;
const client = new Client();

beforeAll(async () => {
  await client.start(ROOT.href, {
    schemas: { [SCHEMA]: ['ecosystem*.yml'] },
    validate: true,
    completion: true,
    hover: true,
    schemaStore: { enable: false },
  });
}, 30_000);
afterAll(() => client.end());

let files = 0;
/** Opens a text in which `|` is where the cursor is. */
async function at(
  text: string,
): Promise<{ uri: string; position: Place; diagnostics: readonly { message: string }[] }> {
  const offset = text.indexOf('|');
  const before = text.slice(0, offset).split('\n');
  const uri = new URL(`ecosystem.${files++}.yml`, ROOT).href;
  const diagnostics = await client.open(uri, text.replace('|', ''));
  return { uri, diagnostics, position: { line: before.length - 1, character: before.at(-1)?.length ?? 0 } };
}

async function completions(text: string): Promise<readonly string[]> {
  const { uri, position } = await at(text);
  const answer = (await client.request('textDocument/completion', { textDocument: { uri }, position })) as {
    items: { label: string }[];
  };
  return answer.items.map(({ label }) => label);
}

async function hover(text: string): Promise<string> {
  const { uri, position } = await at(text);
  const answer = (await client.request('textDocument/hover', { textDocument: { uri }, position })) as {
    contents: { value: string };
  } | null;
  return answer?.contents.value ?? '';
}

describe('completion', () => {
  test('of keys of an app', async () => {
    const labels = await completions('apps:\n  - script: ./server.js\n    |\n');
    expect(labels).toEqual(
      expect.arrayContaining(['instances', 'exec_mode', 'env', 'rollout', 'extends', 'profiles']),
    );
  });

  test('of keys of the file and of a block', async () => {
    expect(await completions('apps: []\n|\n')).toEqual(expect.arrayContaining(['defaults', 'include']));
    expect(await completions('apps:\n  - script: ./server.js\n    rollout:\n      |\n')).toEqual(
      expect.arrayContaining(['max_surge', 'deadline']),
    );
  });

  test('of the choices of a key', async () => {
    expect(await completions('apps:\n  - script: ./server.js\n    exec_mode: |\n')).toEqual(
      expect.arrayContaining(['cluster', 'fork']),
    );
  });
});

describe('hover', () => {
  test.each([
    ['apps:\n  - script: ./server.js\n    inst|ances: 2\n', 'How many workers'],
    ['apps:\n  - script: ./server.js\n    rollout:\n      max_s|urge: 1\n', 'Workers allowed above'],
    ['defaults:\n  drain_t|imeout: 5s\napps: []\n', 'requests in flight'],
  ])('%j', async (text, expected) => {
    expect((await hover(text)).replaceAll('&nbsp;', ' ')).toContain(expected);
  });
});

describe('diagnostics', () => {
  test('a good file has none', async () => {
    const text = readFileSync(new URL('fixtures/config/good/full.yml', ROOT), 'utf8').replace(
      /^# yaml-language-server.*\n/,
      '',
    );
    expect((await at(`|${text}`)).diagnostics).toEqual([]);
  });

  test.each([
    ['an unknown key', '|apps:\n  - script: ./server.js\n    instnces: 2\n', /instnces/],
    ['a wrong choice', '|apps:\n  - script: ./server.js\n    exec_mode: clster\n', /cluster/],
    ['a wrong type', '|apps:\n  - script: ./server.js\n    autorestart: 5\n', /boolean/],
    ['in defaults and profiles', '|defaults: { instnces: 2 }\napps: []\n', /instnces/],
  ])('%s', async (_name, text, expected) => {
    const { diagnostics } = await at(text);
    expect(diagnostics.map(({ message }) => message).join('\n')).toMatch(expected);
  });
});
