/** From the nodes of the yaml library to our tree: aliases and merge keys are resolved, doubles are found. */
import { isComment } from './canonical-keys.ts';
import { isAlias, isMap, isScalar, isSeq } from 'yaml';
import type { Alias, Document, Node as YamlNode, Pair, YAMLMap } from 'yaml';
import type { Span } from '../diagnostics/positions.ts';
import type { Problems } from '../diagnostics/problems.ts';
import type { Entry, List, Mapping, Node, Scalar } from './nodes.ts';

/** How many nodes aliases may add to the file. */
const MAX_EXPANSION = 100_000;

interface Building {
  readonly problems: Problems;
  /** Where the text begins among the sources. */
  readonly base: number;
  readonly anchors: Map<string, { node: Node; size: number } | 'open'>;
  /** Nodes seen so far, those behind aliases counted once per use. */
  size: number;
  expanded: number;
  exploded: boolean;
}

/** The document as a tree; null if it has no content, or more than can be looked at. */
export function buildTree(document: Document.Parsed, problems: Problems, base = 0): Node | null {
  const { contents } = document;
  if (contents === null || (isScalar(contents) && contents.value === null)) return null;
  const building = { problems, base, anchors: new Map(), size: 0, expanded: 0, exploded: false };
  const tree = build(contents, building);
  return building.exploded ? null : tree;
}

function build(node: YamlNode | null | undefined, building: Building): Node {
  if (node === null || node === undefined) return empty({ start: building.base, end: building.base });
  if (isAlias(node)) return resolve(node, building);
  const { anchor } = node as { readonly anchor?: string };
  if (anchor === undefined) return buildContent(node, building);
  const before = building.size;
  building.anchors.set(anchor, 'open');
  const built = buildContent(node, building);
  building.anchors.set(anchor, { node: built, size: building.size - before });
  return built;
}

function buildContent(node: YamlNode, building: Building): Node {
  building.size += 1;
  if (isScalar(node))
    return buildScalar(node.value, node.source, node.type === 'PLAIN', spanOf(node, building));
  if (isMap(node)) return buildMapping(node, building);
  if (isSeq(node)) {
    const items = node.items.map((item) => build(item as YamlNode | null, building));
    return { kind: 'list', items, span: spanOf(node, building) } satisfies List;
  }
  return empty(spanOf(node, building));
}

function buildScalar(value: unknown, source: string | undefined, plain: boolean, span: Span): Scalar {
  const known = value === null || typeof value === 'number' || typeof value === 'boolean';
  const text = source ?? String(value);
  return { kind: 'scalar', value: known ? value : text, source: text, plain, span };
}

function resolve(alias: Alias, building: Building): Node {
  const span = spanOf(alias, building);
  const target = building.anchors.get(alias.source);
  if (target === undefined || target === 'open') {
    const message =
      target === 'open'
        ? `The alias \`*${alias.source}\` stands inside of what it repeats.`
        : 'This is an alias, and no anchor of its name comes before it.';
    building.problems.add(
      'CU1106',
      span,
      message,
      'Mark a value with `&name` before `*name` repeats it; quote a text that begins with `*`.',
    );
    return empty(span);
  }
  building.size += target.size;
  building.expanded += target.size;
  if (building.expanded <= MAX_EXPANSION) return target.node;
  if (!building.exploded) {
    const message = `The aliases of this file expand to more than ${MAX_EXPANSION} values.`;
    building.problems.add('CU1105', span, message, 'Repeat less: no ecosystem needs this many.');
  }
  building.exploded = true;
  return empty(span);
}

function buildMapping(map: YAMLMap, building: Building): Mapping {
  const own = new Map<string, Entry>();
  const merged: Mapping[] = [];
  for (const pair of map.items as Pair<YamlNode, YamlNode | null>[]) {
    if (isMergeKey(pair.key)) {
      merged.push(...mergeSources(pair, building));
      continue;
    }
    const entry = buildEntry(pair, building);
    if (entry === null) continue;
    // Of comments by key there may be as many as of others.
    const name = isComment(entry.key) ? `${entry.key}\0${own.size}` : entry.key;
    const first = own.get(name);
    if (first === undefined) own.set(name, entry);
    else reportDouble(entry, first, building);
  }
  const inherited = merged.flatMap(({ entries }) => entries);
  for (const entry of inherited) if (!own.has(entry.key)) own.set(entry.key, entry);
  return { kind: 'mapping', entries: [...own.values()], span: spanOf(map, building) };
}

function buildEntry(pair: Pair<YamlNode, YamlNode | null>, building: Building): Entry | null {
  const key = build(pair.key, building);
  const value = pair.value === null ? empty(key.span) : build(pair.value, building);
  if (key.kind === 'scalar') return { key: key.source, keySpan: key.span, value };
  building.problems.add(
    'CU1111',
    key.span,
    'A key must be a name, not a list or a mapping.',
    'Quote it if it is meant as text.',
  );
  return null;
}

function reportDouble(entry: Entry, first: Entry, { problems }: Building): void {
  const line = problems.line(first.keySpan.start);
  const message = `\`${entry.key}\` is given twice; the first is on line ${line}.`;
  problems.add('CU1103', entry.keySpan, message, 'Remove one of the two.');
}

function isMergeKey(key: YamlNode): boolean {
  return isScalar(key) && key.source === '<<' && (key.type === 'PLAIN' || key.type === undefined);
}

/** What a `<<` merges: one mapping or a list of them, of which the first wins. */
function mergeSources(pair: Pair<YamlNode, YamlNode | null>, building: Building): readonly Mapping[] {
  const value = build(pair.value, building);
  const sources = value.kind === 'list' ? value.items : [value];
  const wrong = sources.some(({ kind }) => kind !== 'mapping');
  // After a bad alias the place has been reported already.
  if (wrong && !(isAlias(pair.value) && value.kind === 'scalar' && value.value === null)) {
    const hint = 'Write `<<: *name`, where `&name` marks a mapping.';
    building.problems.add(
      'CU1112',
      spanOf(pair.key, building),
      '`<<` merges a mapping or a list of mappings.',
      hint,
    );
  }
  return sources.filter((source) => source.kind === 'mapping');
}

function empty(span: Span): Scalar {
  return { kind: 'scalar', value: null, source: '', plain: true, span };
}

function spanOf(node: YamlNode, { base }: Building): Span {
  const [start, end] = node.range ?? [0, 0];
  return { start: base + start, end: base + end };
}
