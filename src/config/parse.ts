/** text → positions → interpolation → keys → schema → normalised Desired. Pure: what it asks of the disk is injected. */
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Desired } from '../model/spec.ts';
import { appSpec } from './resolve/app-spec.ts';
import { checkApps } from './checks/check-apps.ts';
import { Collector } from './read/collect.ts';
import type { CollectedApp } from './read/collect.ts';
import type { AppContext, CheckedApp } from './resolve/context.ts';
import { Documents } from './read/documents.ts';
import type { EcosystemFile } from './read/documents.ts';
import { remembered, remembering } from './read/file-access.ts';
import { metricsPort, metricsSpec, orphanTimeoutOf } from './resolve/root-settings.ts';
import { Notes } from './read/notes.ts';
import type { ParseOptions } from './read/options.ts';
import { Problems } from './diagnostics/problems.ts';
import { redact } from './read/redact.ts';
import { deepFreeze, sha256 } from '../shared/revision.ts';
import type { App } from './schema/schema-types.generated.ts';
import { checkEnvironment, checkNames, selectApps } from './resolve/select.ts';
import { toPlain, type Mapping } from './read/nodes.ts';
import { isTooDeep } from './read/syntax.ts';

export { MAX_SIZE } from './read/documents.ts';

export interface Loaded {
  /** Null if and only if a diagnostic is an error. */
  readonly desired: Desired | null;
  /** In the order of the text; those of other files that were read come after. */
  readonly diagnostics: readonly Diagnostic[];
  /** The text for code frames: letters and digits of environment values are masked, every offset stays. */
  readonly text: string;
  /** The same of every file that a diagnostic may name, by its path. */
  readonly texts: ReadonlyMap<string, string>;
  /**
   * Every file that was read, or would have been if it were there, the ecosystem file first: a change to any of them may
   * change what runs.
   */
  readonly files: readonly string[];
  /** Every name that `--env` may have. */
  readonly environments: readonly string[];
  /** The variables that the files name in `${…}`, whether they are set or not, by name. */
  readonly variables: readonly string[];
  /** The apps with where their fields are written, for those who print them. */
  readonly checked: readonly CheckedApp[];
}

/** `file` is absolute: paths in the text are relative to its folder. */
export function parseEcosystem(text: string, file: string, given: ParseOptions): Loaded {
  const { versionOf } = given;
  const options = {
    ...given,
    files: remembering(given.files),
    ...(versionOf === undefined ? {} : { versionOf: remembered(versionOf) }),
  };
  const problems = new Problems(file, text);
  const notes = new Notes(problems);
  const documents = new Documents(options, problems, notes);
  let checked: readonly CheckedApp[] = [];
  let main: EcosystemFile | null = null;
  try {
    main = documents.main(text, file);
    if (main !== null) checked = readApps(main, documents, options, problems, notes);
  } catch (error) {
    if (!isTooDeep(error)) throw error;
    const hint = 'Look for brackets that are never closed.';
    problems.add('CU1109', { start: 0, end: 1 }, 'The file is nested too deeply.', hint);
  }
  const generation = sha256(text, ...documents.extra);
  const files = [...new Set([file, ...documents.read])];
  return {
    desired: problems.failed ? null : desiredOf(files, generation, checked, main?.root ?? null),
    diagnostics: problems.sorted(),
    // Masking a large file takes a while, and where all is well nobody looks.
    get text() {
      return documents.shown.get(file) ?? redact(text, null);
    },
    get texts() {
      return documents.shown;
    },
    files,
    environments: [...documents.layers.environments].sort(),
    variables: [...documents.variables].sort(),
    checked,
  };
}

function desiredOf(
  files: readonly string[],
  generation: string,
  checked: readonly CheckedApp[],
  root: Mapping | null,
): Desired {
  const metrics = metricsSpec(root);
  return deepFreeze<Desired>({
    file: files[0] ?? '',
    files,
    generation,
    apps: checked.map(({ spec }) => spec),
    orphanTimeout: orphanTimeoutOf(root),
    ...(metrics === null ? {} : { metrics }),
  });
}

function readApps(
  main: EcosystemFile,
  documents: Documents,
  options: ParseOptions,
  problems: Problems,
  notes: Notes,
): readonly CheckedApp[] {
  const collected = new Collector(documents, options, problems).collect(main);
  const contexts = collected.map((app) => contextOf(app, documents, options, problems));
  for (const { mapping } of contexts) notes.app(mapping);
  notes.flush();
  checkEnvironment(documents.layers.environments, options.envName, problems);
  const named = contexts
    .filter(({ app }) => app.script !== undefined)
    .map((context) => ({ context, spec: appSpec(context) }));
  checkNames(named, problems);
  checkApps(named, metricsPort(main.root), options, problems);
  return selectApps(named, options.only, problems);
}

function contextOf(
  { raw, mapping, broken, folder }: CollectedApp,
  documents: Documents,
  options: ParseOptions,
  problems: Problems,
): AppContext {
  // A key that is wrong in one place and right in another is still not what its author meant.
  const entries = broken.size === 0 ? mapping.entries : mapping.entries.filter(({ key }) => !broken.has(key));
  const sound = { ...mapping, entries };
  const app = toPlain(sound) as App;
  if (app.script === undefined && !broken.has('extends') && !meantScript(broken)) {
    const hint = 'Add `script: ./server.js`, the program that it runs.';
    problems.add('CU1207', raw.span, 'The app has no `script`.', hint);
  }
  const key = raw.key?.key ?? null;
  const alsoRead = (file: string, text: string | null): void => {
    if (text !== null) documents.extra.push(text);
    documents.read.add(file);
  };
  return { app, mapping: sound, broken, span: raw.span, key, folder, options, problems, alsoRead };
}

/** A wrong or misspelt `script` has been reported already. */
function meantScript(broken: ReadonlySet<string>): boolean {
  return [...broken].some((key) => /^scr?i?p?t?s?$|^s\w*pt\w?$/i.test(key));
}
