/** The file as values that know where they are written. Aliases and merges are already resolved. */
import type { Span } from '../diagnostics/positions.ts';

export interface Scalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it is written, without quotes: `3.10`, `0755`. */
  readonly source: string;
  /** Written without quotes, so that an interpolated value takes its type from what it expands to. */
  readonly plain: boolean;
  /** It holds what a variable gave. */
  readonly interpolated?: boolean;
  /** Its interpolation failed, which has been reported: what it says means nothing. */
  readonly broken?: boolean;
  readonly span: Span;
}

export interface List {
  readonly kind: 'list';
  readonly items: readonly Node[];
  readonly span: Span;
}

export interface Entry {
  readonly key: string;
  readonly keySpan: Span;
  readonly value: Node;
}

export interface Mapping {
  readonly kind: 'mapping';
  readonly entries: readonly Entry[];
  readonly span: Span;
}

export type Node = Scalar | List | Mapping;

export function entryOf(mapping: Mapping, key: string): Entry | undefined {
  return mapping.entries.find((entry) => entry.key === key);
}

export function isNull(node: Node): boolean {
  return node.kind === 'scalar' && node.value === null;
}

/** Where to point for an entry: the value if it is on one piece of text, else its key. */
export function spanOf(entry: Entry): Span {
  return entry.value.kind === 'scalar' && !isNull(entry.value) ? entry.value.span : entry.keySpan;
}

/** With it for a prototype, an object has no key but its own; with null, V8 would make it a slow hash table. */
const NOTHING: object = Object.freeze(Object.create(null) as object);

/** The value as plain data. Objects inherit nothing, so that a key `__proto__` is a key. */
export function toPlain(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toPlain);
  const plain = Object.create(NOTHING) as Record<string, unknown>;
  for (const { key, value } of node.entries) plain[key] = toPlain(value);
  return plain;
}

/** Follows a path such as `['rollout', 'max_surge']`, as far as it goes. */
export function descend(node: Node, path: readonly string[]): { node: Node; entry: Entry | null } {
  let entry: Entry | null = null;
  for (const step of path) {
    if (node.kind === 'mapping') {
      const next = entryOf(node, step);
      if (next === undefined) break;
      entry = next;
      node = next.value;
    } else if (node.kind === 'list') {
      const item = node.items[Number(step)];
      if (item === undefined) break;
      entry = null;
      node = item;
    } else break;
  }
  return { node, entry };
}
