/** Whatever the bytes, loading answers within two seconds and never throws. */
import fc from 'fast-check';
import { expect, test, vi } from 'vitest';
import { parseEcosystem } from '../../src/config/load-ecosystem.ts';
import { APP_KEYS, ROOT_KEYS } from '../../src/config/schema/keys.generated.ts';
import { runs } from '../runs.ts';
import { FILE, OPTIONS } from './helpers.ts';

/** Six times as many inputs in all, of five kinds. */
const RUNS = Number(process.env['FUZZ_RUNS'] ?? runs(100, 834));

vi.setConfig({ testTimeout: 120_000 });

function holds(text: string): void {
  const started = performance.now();
  const loaded = parseEcosystem(text, FILE, OPTIONS);
  expect(performance.now() - started).toBeLessThan(2000);
  const failed = loaded.diagnostics.some(({ severity }) => severity === 'error');
  expect(loaded.desired === null).toBe(failed);
  expect(loaded.text.length).toBe(text.length);
  for (const { start, end, message } of loaded.diagnostics) {
    expect(message).not.toMatch(/\n\s+at |undefined|\[object/);
    expect(start.offset).toBeLessThanOrEqual(end.offset);
    expect(Math.min(start.line, start.column)).toBeGreaterThan(0);
  }
}

test('random bytes', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => holds(new TextDecoder().decode(bytes))),
    { numRuns: RUNS },
  );
});

test('random YAML-like text', () => {
  const piece = fc.constantFrom(
    ...[
      'apps',
      'script',
      'env',
      ':',
      ': ',
      '- ',
      '\n',
      '\n  ',
      '\n    ',
      '[',
      ']',
      '{',
      '}',
      ',',
      '"',
      "'",
      '&a',
      '*a',
      '<<',
    ],
    ...[
      '|',
      '>',
      '#',
      '!',
      '!!',
      '%',
      '@',
      '`',
      '$',
      '${',
      '${A',
      '}',
      '\t',
      '?',
      '---',
      '...',
      '0',
      '-1',
      '1e9',
      'null',
      '~',
    ],
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => holds(pieces.join(''))),
    { numRuns: RUNS * 2 },
  );
});

test('random values under known keys', () => {
  const app = fc.dictionary(
    fc.constantFrom(...APP_KEYS.keys(), 'env_production', 'nonsense'),
    fc.jsonValue({ maxDepth: 3 }),
    {
      maxKeys: 12,
    },
  );
  fc.assert(
    fc.property(app, (fields) => holds(JSON.stringify({ apps: [{ script: 'server.js', ...fields }] }))),
    { numRuns: RUNS },
  );
});

test('random values under the keys of the whole file', () => {
  const root = fc.dictionary(fc.constantFrom(...ROOT_KEYS.keys(), 'nonsense'), fc.jsonValue({ maxDepth: 4 }));
  fc.assert(
    fc.property(root, (fields) => holds(JSON.stringify(fields))),
    { numRuns: RUNS },
  );
});

test('mutations of a good file', () => {
  const good =
    'apps:\n  - &a\n    name: api\n    script: ./server.js\n    instances: max\n    env: { PORT: 80, X: "${HOME}" }\n  - <<: *a\n    name: b\n';
  const edit = fc.tuple(fc.nat(good.length), fc.nat(12), fc.string({ maxLength: 6 }));
  const mutated = fc
    .array(edit, { minLength: 1, maxLength: 4 })
    .map((edits) =>
      edits.reduce((text, [at, gone, put]) => text.slice(0, at) + put + text.slice(at + gone), good),
    );
  fc.assert(fc.property(mutated, holds), { numRuns: RUNS });
});

test('nothing of it stays in memory', () => {
  expect(process.memoryUsage().rss).toBeLessThan(1024 ** 3);
});
