/** No file imports itself by way of others; the direction between folders is the linter's business. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

const SRC = path.resolve('src');

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

function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?ts$/.test(name))
    .map((name) => path.join(SRC, name));
}

/** What is loaded with the file: neither types, which are gone by then, nor what it loads later. */
function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  const found = text.matchAll(
    /^(?:import|export) (?!type )[^;]*? from '(\.[^']+)';$|^import '(\.[^']+)';$/gm,
  );
  return Array.from(found, ([, from, bare]) => path.resolve(path.dirname(file), from ?? bare ?? ''));
}
