/** The files of one ecosystem: the ecosystem file itself, and those that it includes or takes apps from. */
import { dirname } from 'node:path';
import { buildTree } from './build.ts';
import { check } from './check-schema.ts';
import { ROOT_KEYS } from '../schema/keys.generated.ts';
import { canonicalMapping, isExtension } from './canonical-keys.ts';
import { Layers, NOTHING } from './layers.ts';
import type { Layer } from './layers.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { Notes } from './notes.ts';
import type { ParseOptions } from './options.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { cannotBeRead } from './file-access.ts';
import { redact } from './redact.ts';
import { shapeOf } from './shape.ts';
import type { RawApp } from './shape.ts';
import { substitute } from './substitute.ts';
import { parseYaml } from './syntax.ts';
import { entryOf } from './nodes.ts';
import type { Mapping, Node } from './nodes.ts';
import { validateRoot } from '../schema/validators.generated.ts';

/** One file, checked but for its apps. */
export interface EcosystemFile {
  readonly file: string;
  readonly folder: string;
  readonly apps: readonly RawApp[];
  readonly defaults: Layer;
  /** Its root, keys in their one spelling; null where the file is a list or one app. */
  readonly root: Mapping | null;
}

/** No ecosystem is larger; what is, was not meant. In bytes, and in UTF-16 units of text. */
export const MAX_SIZE: number = 1024 * 1024;

/** Nobody includes as many; whoever does has lost count, and so would we. */
const MAX_FILES = 100;

export class Documents {
  readonly layers: Layers;
  /** Other files that were read, or would have been if they were there. */
  readonly read: Set<string> = new Set<string>();
  /** What else was read: part of the generation. */
  readonly extra: string[] = [];
  /** Those of the environment that the files name. */
  readonly variables: Set<string> = new Set<string>();
  readonly #files = new Map<string, EcosystemFile | null>();
  #shown: ReadonlyMap<string, string> | null = null;
  /** What `shown` is made of. */
  readonly #texts: {
    readonly file: string;
    readonly text: string;
    readonly tree: Node | null;
    readonly base: number;
  }[] = [];
  readonly #options: ParseOptions;
  readonly #problems: Problems;
  readonly #notes: Notes;

  constructor(options: ParseOptions, problems: Problems, notes: Notes) {
    this.#options = options;
    this.#problems = problems;
    this.#notes = notes;
    this.layers = new Layers(problems);
  }

  /** The ecosystem file, which is at the beginning of the sources. */
  main(text: string, file: string): EcosystemFile | null {
    return this.#parse(text, file, 0);
  }

  /** Another file that `span` names; null if it cannot be read, or has errors that leave nothing. */
  other(file: string, span: Span): EcosystemFile | null {
    const known = this.#files.get(file);
    if (known !== undefined) return known;
    const { files } = this.#options;
    this.read.add(file);
    const text = this.#files.size < MAX_FILES ? files.text(file) : null;
    if (text === null) {
      const message = cannotBeRead('The file', file, files);
      this.#problems.add(
        'CU1701',
        span,
        message,
        'The path is relative to the folder of the file that names it.',
      );
      this.#files.set(file, null);
      return null;
    }
    this.extra.push(file, text);
    return this.#parse(text, file, this.#problems.sources.add(file, text));
  }

  /** Texts for code frames, secrets masked, by file. */
  get shown(): ReadonlyMap<string, string> {
    this.#shown ??= new Map(
      this.#texts.map(({ file, text, tree, base }) => [
        file,
        redact(text, this.#problems.mayBeMisread(file) ? null : tree, base),
      ]),
    );
    return this.#shown;
  }

  #parse(text: string, file: string, base: number): EcosystemFile | null {
    // Until it has been read it is nothing, so that a circle of files ends.
    this.#files.set(file, null);
    const raw = readTree(text, file, base, this.#problems);
    this.#texts.push({ file, text, tree: raw, base });
    if (raw === null) return null;
    const { tree, used } = substitute(raw, text, this.#options, this.#problems, base);
    for (const [name, value] of used) {
      this.variables.add(name);
      this.extra.push(name, value ?? '');
    }
    const shape = shapeOf(tree, this.#problems);
    if (shape === null) return null;
    const folder = dirname(file);
    const root = shape.root === null ? null : this.#root(shape.root);
    const read = { file, folder, apps: shape.apps, root, defaults: this.#defaults(root, folder) };
    this.#files.set(file, read);
    return read;
  }

  #root(mapping: Mapping): Mapping {
    const root = canonicalMapping(mapping, ROOT_KEYS, this.#problems);
    const own = root.entries.filter(({ key }) => !isExtension(key));
    const wrong = check({ ...root, entries: own }, validateRoot, this.#problems);
    this.#notes.root(root);
    return { ...root, entries: root.entries.filter(({ key }) => !wrong.has(key)) };
  }

  #defaults(root: Mapping | null, folder: string): Layer {
    const defaults = root === null ? undefined : entryOf(root, 'defaults')?.value;
    if (defaults?.kind !== 'mapping') return NOTHING;
    return this.layers.without(this.layers.read(defaults, folder), ['name', 'extends'], 'defaults');
  }
}

function readTree(text: string, file: string, base: number, problems: Problems): Node | null {
  const start = { start: base, end: base };
  if (text.length > MAX_SIZE) {
    problems.add('CU1004', start, 'The file is larger than 1 MiB.', 'Check that it is the ecosystem file.');
    return null;
  }
  if (/[\0\uFFFD]/.test(text)) {
    problems.add('CU1005', start, 'The file is not text in UTF-8.', 'Check that it is the ecosystem file.');
    return null;
  }
  // The parser takes a byte order mark for indentation of the first line.
  const mark = text.startsWith('\uFEFF') ? 1 : 0;
  const document = parseYaml(text.slice(mark), file, problems, base + mark);
  if (document === null) return null;
  const before = problems.count;
  const tree = buildTree(document, problems, base + mark);
  if (tree === null && problems.count === before) {
    const hint = 'Begin with `apps:` and a list of apps, each with a `script`.';
    problems.add('CU1006', start, 'The file is empty.', hint);
  }
  return tree;
}
