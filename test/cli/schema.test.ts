/** `schema` prints what is in the package. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schema } from '../../src/cli/schema.ts';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

async function printed(markdown: boolean): Promise<string> {
  const parts: string[] = [];
  expect(await schema({ markdown }, (text) => parts.push(text))).toBe(0);
  return parts.join('');
}

test('the schema, byte for byte', async () => {
  expect(await printed(false)).toBe(read('schemas/ecosystem.schema.json'));
});

test('the reference is the page in docs', async () => {
  expect(await printed(true)).toBe(read('docs/configuration.md'));
});
