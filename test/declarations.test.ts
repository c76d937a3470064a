/** What `npm run build` asks of each file for itself, without a second look at all types: see `isolatedDeclarations`. */
import { readFileSync } from 'node:fs';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { sources } from './imports.ts';

test('every declaration says its type', { timeout: 60_000 }, () => {
  expect(sources().flatMap((file) => unsaid(file, readFileSync(file, 'utf8')))).toEqual([]);
});

test('one that does not is found', () => {
  expect(unsaid('a.ts', 'export const a = [1].map(String);')).toEqual([
    'a.ts:1: Variable must have an explicit type annotation with --isolatedDeclarations.',
  ]);
});

function unsaid(fileName: string, text: string): string[] {
  const { diagnostics = [] } = ts.transpileDeclaration(text, {
    fileName,
    reportDiagnostics: true,
    compilerOptions: {
      ...{ declaration: true, isolatedDeclarations: true, strict: true, exactOptionalPropertyTypes: true },
      ...{ target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.NodeNext },
    },
  });
  return diagnostics.map(({ file, start = 0, messageText }) => {
    const line = (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1;
    return `${fileName}:${line}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
  });
}
