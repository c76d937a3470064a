/** Where the apps of a file are written, for those who edit it. Looks at its structure only, so that an app can be
 * found in a file that is not valid elsewhere. */
import { basename } from 'node:path';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Node as YamlNode, Pair, YAMLMap } from 'yaml';
import { nameFromScript } from '../resolve/script.ts';
import { buildTree } from '../read/build.ts';
import type { Variables } from '../read/interpolate.ts';
import { blankComments, isJson } from '../read/json.ts';
import { APP_KEYS } from '../schema/keys.generated.ts';
import { canonicalKey } from '../read/canonical-keys.ts';
import { Lines } from '../diagnostics/positions.ts';
import { Problems } from '../diagnostics/problems.ts';
import { shapeOf } from '../read/shape.ts';
import type { RawApp } from '../read/shape.ts';
import { substitute } from '../read/substitute.ts';
import { isTooDeep, parseYaml } from '../read/syntax.ts';
import { descend, entryOf, isNull } from '../read/nodes.ts';
import type { Mapping, Node } from '../read/nodes.ts';

export interface Where {
  /** Tells JSON by its extension; without it the text has to. */
  readonly file?: string;
  /** For names that are interpolated. */
  readonly variables?: Variables;
}

/** One app, resolved and as it is written. */
export interface FoundApp {
  readonly name: string;
  /** Aliases, merge keys and variables are resolved. */
  readonly mapping: Mapping;
  /** From the root of the file. */
  readonly path: readonly string[];
}

export interface Layout {
  readonly text: string;
  /** As the parser sees it: comments of JSON are blank, every offset is that of the text. */
  readonly source: string;
  readonly contents: YamlNode;
  readonly tree: Node;
  readonly apps: readonly FoundApp[];
  readonly lines: Lines;
}

/** The names of a file's apps, as far as they can be read; for completion. */
export function appNames(text: string, where: Where = {}): readonly string[] {
  const layout = readLayout(text, where);
  return 'error' in layout ? [] : layout.apps.map(({ name }) => name);
}

/** The apps of a file, or why it cannot be read. */
export function readLayout(text: string, { file = '', variables = {} }: Where): Layout | { error: string } {
  const problems = new Problems(file, text);
  try {
    const document = parseYaml(text, file, problems);
    const raw = document === null ? null : buildTree(document, problems);
    const contents = document?.contents ?? null;
    if (contents !== null && raw !== null) {
      // A variable that is not set here is a matter of those who run the file.
      const { tree } = substitute(raw, text, { processEnv: variables }, new Problems(file, text));
      const apps = (shapeOf(tree, problems)?.apps ?? []).map((app) => foundApp(app, tree));
      const source = isJson(text, file) ? blankComments(text) : text;
      if (!problems.failed) return { text, source, contents, tree, apps, lines: new Lines(text) };
    }
  } catch (error) {
    if (!isTooDeep(error)) throw error;
    return { error: 'the file is nested too deeply' };
  }
  const first = problems.sorted().find(({ severity }) => severity === 'error');
  const name = file === '' ? '' : `${basename(file)}, `;
  return {
    error: first === undefined ? 'the file is empty' : `${name}line ${first.start.line}: ${first.message}`,
  };
}

function foundApp({ mapping, key }: RawApp, tree: Node): FoundApp {
  return { name: nameOf(mapping, key?.key ?? null), mapping, path: pathOf(mapping, key?.key ?? null, tree) };
}

/** As in app-spec.ts: `name`, else the key, else the script's file name without its last extension. */
function nameOf(mapping: Mapping, key: string | null): string {
  const written = entryOf(mapping, 'name')?.value;
  if (written?.kind === 'scalar' && !isNull(written)) return written.source;
  if (key !== null) return key;
  const script = canonicalEntry(mapping, 'script')?.value;
  return nameFromScript(script?.kind === 'scalar' ? script.source : '');
}

/** The shapes of shape.ts, backwards: from an app to its place. */
function pathOf(mapping: Mapping, key: string | null, tree: Node): readonly string[] {
  if (tree === mapping) return [];
  if (tree.kind === 'list') return [String(tree.items.indexOf(mapping))];
  const root = descend(tree, ['apps']).entry === null ? 'pm2' : 'apps';
  const apps = descend(tree, [root]).node;
  if (apps === mapping) return [root];
  return [root, key ?? String(apps.kind === 'list' ? apps.items.indexOf(mapping) : -1)];
}

/** The entry of a key in any of its spellings; its own spelling wins. */
function canonicalEntry(mapping: Mapping, key: string): Mapping['entries'][number] | undefined {
  const spelt = mapping.entries.find((entry) => canonicalKey(entry.key, APP_KEYS) === key);
  return entryOf(mapping, key) ?? spelt;
}

/** What stands in the way of the place that a path leads to. */
export type Detour =
  | { readonly kind: 'alias'; readonly name: string; readonly offset: number }
  | { readonly kind: 'merge'; readonly offset: number };

/** The mapping as it is written at `path`, or what takes it from elsewhere. */
export function writtenMap({ contents }: Layout, path: readonly string[]): YAMLMap | Detour {
  let node: unknown = contents;
  for (const step of [...path, null]) {
    if (isAlias(node)) return { kind: 'alias', name: node.source, offset: node.range?.[0] ?? 0 };
    if (step === null) break;
    if (isSeq(node)) node = node.items[Number(step)];
    else if (isMap(node)) {
      const pair = ownPair(node, step);
      if (pair === null) return { kind: 'merge', offset: node.range?.[0] ?? 0 };
      node = pair.value;
    }
  }
  if (!isMap(node)) throw new TypeError(`nothing is written at ${path.join('.')}`);
  return node;
}

/** The pair that a mapping itself has for a key, not one that it merges. */
export function ownPair(map: YAMLMap, key: string): Pair<YamlNode, YamlNode | null> | null {
  const pairs = map.items as Pair<YamlNode, YamlNode | null>[];
  return pairs.find((pair) => isScalar(pair.key) && keyText(pair.key) === key) ?? null;
}

/** A key in its one spelling, or null where nobody knows it. */
export function spelling(pair: Pair<YamlNode, YamlNode | null>): string | null {
  return isScalar(pair.key) ? canonicalKey(keyText(pair.key), APP_KEYS) : null;
}

function keyText(key: { source?: string | undefined; value: unknown }): string {
  return key.source ?? String(key.value);
}
