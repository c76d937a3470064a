/** docs/metrics.md has every metric of ours, as it is. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { BOUNDS, CATALOG } from '../../../src/supervisor/metrics/catalog.ts';

test('the table says what is exposed', () => {
  const text = readFileSync('docs/metrics.md', 'utf8');
  const rows = text.split('\n').flatMap((line) => {
    const [, name, type, , help] = line.split('|').map((cell) => cell.trim());
    return /^`cluster_up_\w+`$/.test(name ?? '') ? [[name?.replaceAll('`', ''), type, help]] : [];
  });
  expect(rows).toEqual(CATALOG.map(({ name, type, help }) => [name, type, help]));
  expect(text).toContain(BOUNDS.join(', '));
});
