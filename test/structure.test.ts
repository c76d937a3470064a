/** No file imports itself by way of others; the direction between folders is the linter's business. */
import path from 'node:path';
import { expect, test } from 'vitest';
import { importsOf, sources, SRC } from './imports.ts';

test('no circle of imports', () => {
  const imports = new Map(sources().map((file) => [file, importsOf(file)]));
  expect(imports.size).toBeGreaterThan(100);
  const done = new Set<string>();
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) {
      throw new Error(
        `a circle: ${[...way.slice(way.indexOf(file)), file].map((name) => path.relative(SRC, name)).join(' → ')}`,
      );
    }
    if (done.has(file)) return;
    for (const next of imports.get(file) ?? []) visit(next, [...way, file]);
    done.add(file);
  };
  for (const file of imports.keys()) visit(file, []);
});
