/** Interpolates every string of the tree. */
import type { Trouble } from './interpolate.ts';
import { interpolate } from './interpolate.ts';
import { ROOT_KEYS } from './keys.generated.ts';
import { environmentOf, isExtension } from './keys.ts';
import type { LoadOptions } from './options.ts';
import type { Problems } from './problems.ts';
import type { Node, Scalar } from './tree.ts';

export interface Substitution {
  readonly tree: Node;
  /** What variables gave, by name. */
  readonly used: ReadonlyMap<string, string | null>;
}

/**
 * `text` is the file, to find a `${…}` inside of its scalar. What nobody reads is left alone, so that nobody needs
 * the variables of a deploy section, or those of production while developing.
 */
export function substitute(
  tree: Node,
  text: string,
  { processEnv, envName }: Pick<LoadOptions, 'processEnv' | 'envName'>,
  problems: Problems,
): Substitution {
  const used = new Map<string, string | null>();
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
      const entries = node.entries.map((entry) =>
        unread(entry.key) ? entry : { ...entry, value: visit(entry.value) },
      );
      return { ...node, entries };
    }
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
    const expansion = interpolate(node.value, processEnv);
    for (const [name, value] of expansion.used) used.set(name, value);
    for (const trouble of expansion.troubles) report(trouble, node, text, problems);
    const value = node.plain ? typed(expansion.text) : expansion.text;
    return { ...node, value, source: expansion.text, broken: expansion.troubles.length > 0 };
  };

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

function report(trouble: Trouble, node: Scalar, text: string, problems: Problems): void {
  const found = text.indexOf(trouble.text, node.span.start);
  const inside = found !== -1 && found + trouble.text.length <= node.span.end;
  const span = inside ? { start: found, end: found + trouble.text.length } : node.span;
  if (trouble.kind === 'malformed') {
    const hint = 'Write `${NAME}` or `${NAME:-default}`; write `$$` for a dollar sign.';
    problems.add('CU1402', span, 'This interpolation cannot be read.', hint);
  } else {
    const why = trouble.message === null ? 'is not set' : `is needed: ${trouble.message}`;
    const hint = `Set it, or give a default: \`\${${trouble.name}:-value}\`.`;
    problems.add('CU1401', span, `The variable \`${trouble.name}\` ${why}.`, hint);
  }
}
