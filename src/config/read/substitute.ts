/** Interpolates every string of the tree. */
import type { Trouble, Variables } from './interpolate.ts';
import { interpolate } from './interpolate.ts';
import { ROOT_KEYS } from '../schema/keys.generated.ts';
import { environmentOf, isExtension } from './canonical-keys.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { LoadOptions } from './options.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { didYouMean } from '../../shared/suggest.ts';
import type { Mapping, Node, Scalar } from './nodes.ts';

export interface Substitution {
  readonly tree: Node;
  /** What variables gave, by name. */
  readonly used: ReadonlyMap<string, string | null>;
}

/**
 * `text` is the file, which begins at `base` among the sources, to find a `${…}` inside of its scalar. What nobody reads is left alone, so that nobody needs
 * the variables of a deploy section, or those of production while developing.
 */
export function substitute(
  tree: Node,
  text: string,
  { processEnv, envName }: Pick<LoadOptions, 'processEnv' | 'envName'>,
  problems: Problems,
  base = 0,
): Substitution {
  const used = new Map<string, string | null>();
  if (!text.includes('$')) return { tree, used };
  // A node behind several aliases is expanded once, and stays one node.
  const done = new Map<Node, Node>();

  const visit = (node: Node): Node => {
    const known = done.get(node);
    if (known !== undefined) return known;
    const result = visitContent(node);
    done.set(node, result);
    return result;
  };

  const visitContent = (node: Node): Node => {
    if (node.kind === 'list') return { ...node, items: node.items.map(visit) };
    if (node.kind === 'mapping') {
      const unread = (key: string): boolean =>
        (node === tree && isUnread(key)) || ![null, envName].includes(environmentOf(key));
      const entries = node.entries.map((entry) => {
        if (unread(entry.key)) return entry;
        const { key, value } = entry;
        return {
          ...entry,
          value: key === 'profiles' && value.kind === 'mapping' ? chosen(value) : visit(value),
        };
      });
      return { ...node, entries };
    }
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
    const expansion = interpolate(node.value, processEnv);
    for (const [name, value] of expansion.used) used.set(name, value);
    for (const trouble of expansion.troubles)
      report(trouble, locate(trouble, node, text, base), processEnv, problems);
    const value = node.plain ? typed(expansion.text) : expansion.text;
    return {
      ...node,
      value,
      source: expansion.text,
      interpolated: true,
      broken: expansion.troubles.length > 0,
    };
  };

  /** Of the profiles, only the one in force is read. */
  const chosen = (profiles: Mapping): Mapping => ({
    ...profiles,
    entries: profiles.entries.map((entry) =>
      entry.key === envName ? { ...entry, value: visit(entry.value) } : entry,
    ),
  });

  return { tree: visit(tree), used };
}

/** Keys beside `apps` that have no meaning here; what an alias takes from them is expanded where it is used. */
function isUnread(key: string): boolean {
  return isExtension(key) || ROOT_KEYS.get(key)?.ignored !== undefined;
}

/** A plain scalar has the type that its expansion would have if it stood in the file. */
function typed(text: string): Scalar['value'] {
  if (/^[-+]?(0|[1-9]\d*)(\.\d+)?$/.test(text)) return Number(text);
  if (/^(true|True|TRUE)$/.test(text)) return true;
  if (/^(false|False|FALSE)$/.test(text)) return false;
  return text;
}

/** The `${…}` that the trouble is about, inside of its scalar. */
function locate({ text: piece }: Trouble, { span }: Scalar, text: string, base: number): Span {
  const found = base + text.indexOf(piece, span.start - base);
  const inside = found >= span.start && found + piece.length <= span.end;
  return inside ? { start: found, end: found + piece.length } : span;
}

function report(trouble: Trouble, span: Span, variables: Variables, problems: Problems): void {
  if (trouble.kind === 'malformed') {
    const hint = 'Write `${NAME}` or `${NAME:-default}`; write `$$` for a dollar sign.';
    problems.add('CU1402', span, 'This interpolation cannot be read.', hint);
  } else {
    const why = trouble.message === null ? 'is not set' : `is needed: ${trouble.message}`;
    const hint =
      didYouMean(trouble.name, Object.keys(variables)) ??
      `Set it, or give a default: \`\${${trouble.name}:-value}\`.`;
    problems.add('CU1401', span, `The variable \`${trouble.name}\` ${why}.`, hint);
  }
}
