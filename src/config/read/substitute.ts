/** Interpolates every string of the tree. */
import type { Trouble, Variables } from './interpolate.ts';
import { interpolate } from './interpolate.ts';
import { ROOT_KEYS } from '../schema/keys.generated.ts';
import { environmentOf, isExtension } from './canonical-keys.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { LoadOptions } from './options.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { didYouMean } from '../../shared/suggest.ts';
import type { Entry, Mapping, Node, Scalar } from './nodes.ts';

/** Two dollar signs, and neither `$${`, which keeps a variable from being read, nor what is doubled already. */
const DOUBLED = /(?<!\$)\$\$(?![${])/;

export interface Substitution {
  readonly tree: Node;
  /** What variables gave, by name. */
  readonly used: ReadonlyMap<string, string | null>;
}

/**
 * `text` is the file, which begins at `base` among the sources, to find a `${…}` inside of its scalar. What nobody reads
 * is left alone, so that nobody needs the variables of a deploy section, or those of production while developing.
 */
export function substitute(
  tree: Node,
  text: string,
  options: Pick<LoadOptions, 'processEnv' | 'envName'>,
  problems: Problems,
  base = 0,
): Substitution {
  // Without any, the file means what it means to PM2: `$$` is two dollar signs.
  if (!text.includes('${') || !hasVariables(tree)) return { tree, used: new Map() };
  const substituter = new Substituter(tree, { text, base, problems, ...options });
  return { tree: substituter.visit(tree), used: substituter.used };
}

function hasVariables(tree: Node): boolean {
  const seen = new Set<Node>();
  const has = (node: Node): boolean => {
    if (node.kind === 'scalar') return typeof node.value === 'string' && node.value.includes('${');
    if (seen.has(node)) return false;
    seen.add(node);
    return node.kind === 'list' ? node.items.some(has) : node.entries.some(({ value }) => has(value));
  };
  return has(tree);
}

interface Surroundings extends Pick<LoadOptions, 'processEnv' | 'envName'> {
  readonly text: string;
  readonly base: number;
  readonly problems: Problems;
}

class Substituter {
  readonly used: Map<string, string | null> = new Map<string, string | null>();
  readonly #root: Node;
  readonly #around: Surroundings;
  /** A node behind several aliases is expanded once, and stays one node. */
  readonly #done = new Map<Node, Node>();

  constructor(root: Node, around: Surroundings) {
    this.#root = root;
    this.#around = around;
  }

  visit(node: Node): Node {
    const known = this.#done.get(node);
    if (known !== undefined) return known;
    const result = this.#content(node);
    this.#done.set(node, result);
    return result;
  }

  #content(node: Node): Node {
    switch (node.kind) {
      case 'list':
        return { ...node, items: node.items.map((item) => this.visit(item)) };
      case 'mapping':
        return this.#mapping(node);
      case 'scalar':
        return this.#scalar(node);
    }
  }

  #mapping(node: Mapping): Mapping {
    const { envName } = this.#around;
    const isRead = (key: string): boolean =>
      !(node === this.#root && isUnread(key)) && [null, envName].includes(environmentOf(key));
    const valueOf = ({ key, value }: Entry): Node =>
      key === 'profiles' && value.kind === 'mapping' ? this.#chosen(value) : this.visit(value);
    return {
      ...node,
      entries: node.entries.map((entry) => (isRead(entry.key) ? { ...entry, value: valueOf(entry) } : entry)),
    };
  }

  /** Of the profiles, only the one in force is read. */
  #chosen(profiles: Mapping): Mapping {
    const { envName } = this.#around;
    return {
      ...profiles,
      entries: profiles.entries.map((entry) =>
        entry.key === envName ? { ...entry, value: this.visit(entry.value) } : entry,
      ),
    };
  }

  #scalar(node: Scalar): Scalar {
    if (typeof node.value !== 'string' || !node.value.includes('$')) return node;
    const { processEnv, problems, text, base } = this.#around;
    const expansion = interpolate(node.value, processEnv);
    if (DOUBLED.test(node.value)) {
      const message = '`$$` is one dollar sign in a file that uses `${…}`; for PM2 it is two.';
      problems.add('CU1408', node.span, message, 'Write `$` for one dollar sign, and `$$$$` for two.');
    }
    for (const [name, value] of expansion.used) this.used.set(name, value);
    for (const trouble of expansion.troubles)
      report(trouble, locate(trouble, node, text, base), processEnv, problems);
    return {
      ...node,
      value: node.plain ? typed(expansion.text) : expansion.text,
      source: expansion.text,
      interpolated: true,
      broken: expansion.troubles.length > 0,
    };
  }
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
