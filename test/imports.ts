/** What the sources load, read from their text. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const SRC: string = path.resolve('src');

export function sources(): string[] {
  return readdirSync(SRC, { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.c?ts$/.test(name))
    .map((name) => path.join(SRC, name));
}

/** What is loaded with the file, packages by name: neither types, which are gone by then, nor what it loads later. */
export function importsOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(
    /^(?:import|export) (?!type )[^;]*? from '([^']+)';$|^import '([^']+)';$/gm,
  );
  return Array.from(found, ([, from, bare]) => {
    const name = from ?? bare ?? '';
    return name.startsWith('.') ? path.resolve(path.dirname(file), name) : name;
  });
}

/** Every file of ours that this one names: values, types, and what it loads later. */
export function referencesOf(file: string): string[] {
  const found = readFileSync(file, 'utf8').matchAll(/\b(?:from|import|require)\b\s*\(?\s*'(\.[^']+)'/g);
  return Array.from(found, ([, name]) => path.resolve(path.dirname(file), name ?? ''));
}
