/** Loads TypeScript where Node does not by itself: Node 20 does not. What a file became is kept, by its content. */
import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';

const { version } = createRequire(import.meta.url)('typescript/package.json');
const KEPT = new URL('../../node_modules/.cache/typescript/', import.meta.url);

export async function load(url, context, next) {
  if (!url.endsWith('.ts')) return next(url, context);
  const text = await readFile(new URL(url), 'utf8');
  const kept = new URL(createHash('sha256').update(`${version} ${text}`).digest('hex'), KEPT);
  const source = await readFile(kept, 'utf8').catch(() => transpiled(text, kept));
  return { format: 'module', source, shortCircuit: true };
}

async function transpiled(text, kept) {
  const { default: ts } = await import('typescript');
  const { outputText } = ts.transpileModule(text, {
    compilerOptions: { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext, inlineSourceMap: true },
  });
  await mkdir(KEPT, { recursive: true });
  // Several processes may do so at once.
  const own = new URL(`${kept.href}.${process.pid}`);
  await writeFile(own, outputText);
  await rename(own, kept);
  return outputText;
}
