/** text → positions → interpolation → keys → schema → normalised Desired. Pure: what it asks of the disk is injected. */
import { dirname } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import { appSpec } from './app-spec.ts';
import { buildTree } from './build.ts';
import { check } from './check.ts';
import type { AppContext } from './context.ts';
import { ROOT_KEYS } from './keys.generated.ts';
import { canonicalApp, canonicalMapping, isExtension } from './keys.ts';
import { Notes } from './notes.ts';
import type { ParseOptions } from './options.ts';
import { Problems } from './problems.ts';
import { redact } from './redact.ts';
import { deepFreeze, sha256 } from './revision.ts';
import type { App } from './schema-types.generated.ts';
import { checkEnvironment, checkNames, selectApps } from './select.ts';
import { shapeOf } from './shape.ts';
import type { RawApp, Shape } from './shape.ts';
import { substitute } from './substitute.ts';
import { parseYaml } from './syntax.ts';
import { toPlain } from './tree.ts';
import type { Mapping, Node } from './tree.ts';
import { validateApp, validateRoot } from './validators.generated.ts';

export interface Loaded {
  /** Null if and only if a diagnostic is an error. */
  readonly desired: Desired | null;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text for code frames: letters and digits of environment values are masked, every offset stays. */
  readonly text: string;
}

/** No ecosystem is larger; what is, was not meant. In bytes, and in UTF-16 units of text. */
export const MAX_SIZE: number = 1024 * 1024;

/** `file` is absolute: paths in the text are relative to its folder. */
export function parseEcosystem(text: string, file: string, options: ParseOptions): Loaded {
  const problems = new Problems(file, text);
  const extra: string[] = [];
  let tree: Node | null = null;
  let apps: readonly AppSpec[] = [];
  try {
    tree = readTree(text, file, problems);
    apps = tree === null ? [] : readApps(tree, text, file, options, problems, extra);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add(
      'CU1109',
      { start: 0, end: 1 },
      'The file is nested too deeply.',
      'Look for brackets that are never closed.',
    );
  }
  const generation = sha256(text, ...extra);
  const desired = problems.failed ? null : deepFreeze<Desired>({ file, generation, apps });
  return { desired, diagnostics: problems.sorted(), text: redact(text, tree) };
}

function readTree(text: string, file: string, problems: Problems): Node | null {
  const start = { start: 0, end: 0 };
  if (text.length > MAX_SIZE) {
    problems.add('CU1004', start, 'The file is larger than 1 MiB.', 'Check that it is the ecosystem file.');
  } else if (/[\0\uFFFD]/.test(text)) {
    problems.add('CU1005', start, 'The file is not text in UTF-8.', 'Check that it is the ecosystem file.');
  } else {
    const document = parseYaml(text, file, problems);
    const tree = document === null ? null : buildTree(document, problems);
    if (tree === null && !problems.failed) {
      problems.add(
        'CU1006',
        start,
        'The file is empty.',
        'Begin with `apps:` and a list of apps, each with a `script`.',
      );
    }
    return tree;
  }
  return null;
}

function readApps(
  raw: Node,
  text: string,
  file: string,
  options: ParseOptions,
  problems: Problems,
  extra: string[],
): readonly AppSpec[] {
  const { tree, used } = substitute(raw, text, options, problems);
  for (const [name, value] of used) extra.push(name, value ?? '');
  const shape = shapeOf(tree, problems);
  if (shape === null) return [];
  const notes = new Notes(problems);
  const contexts = contextsOf(shape, notes, file, options, problems, extra);
  notes.flush();
  checkEnvironment(contexts, options.envName, problems);
  const named = contexts
    .filter(({ app }) => app.script !== undefined)
    .map((context) => ({ context, spec: appSpec(context) }));
  checkNames(named, problems);
  return selectApps(
    named.map(({ spec }) => spec),
    options.only,
    problems,
  );
}

function contextsOf(
  shape: Shape,
  notes: Notes,
  file: string,
  options: ParseOptions,
  problems: Problems,
  extra: string[],
): readonly AppContext[] {
  if (shape.root !== null) {
    const root = canonicalMapping(shape.root, ROOT_KEYS, problems);
    check({ ...root, entries: root.entries.filter(({ key }) => !isExtension(key)) }, validateRoot, problems);
    notes.root(root);
  }
  const alsoRead = (text: string): void => {
    extra.push(text);
  };
  return shape.apps.map((raw) => {
    const { mapping, broken } = validated(raw, problems);
    notes.app(mapping);
    const app = toPlain(mapping) as App;
    const key = raw.key?.key ?? null;
    return { app, mapping, broken, span: raw.span, key, folder: dirname(file), options, problems, alsoRead };
  });
}

/** The app without its wrong values, so that whatever else is wrong is found in the same pass. */
function validated(raw: RawApp, problems: Problems): { mapping: Mapping; broken: ReadonlySet<string> } {
  const { mapping, broken } = canonicalApp(raw.mapping, problems);
  for (const key of check(mapping, validateApp, problems)) broken.add(key);
  const entries = mapping.entries.filter(({ key }) => !broken.has(key));
  if (!entries.some(({ key }) => key === 'script') && !broken.has('script') && !meantScript(broken)) {
    problems.add(
      'CU1207',
      raw.span,
      'The app has no `script`.',
      'Add `script: ./server.js`, the program that it runs.',
    );
  }
  return { mapping: { ...mapping, entries }, broken };
}

/** A misspelt `script` has been reported already. */
function meantScript(broken: ReadonlySet<string>): boolean {
  return [...broken].some((key) => /^scr?i?p?t?s?$|^s\w*pt\w?$/i.test(key));
}
