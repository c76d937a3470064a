/** Masks environment values, so that no code frame ever shows a secret. */
import { environmentOf } from './keys.ts';
import type { Span } from './lines.ts';
import type { Node } from './tree.ts';

/** `text` of the same length, with the letters and digits of values below `env` and `env_<name>` masked; it begins at `base`. */
export function redact(text: string, tree: Node | null, base = 0): string {
  if (tree === null) return redactLines(text);
  const spans: Span[] = [];
  collect(tree, false, spans, new Set());
  let out = '';
  let at = 0;
  for (const span of spans.sort((a, b) => a.start - b.start)) {
    const [start, end] = [span.start - base, span.end - base];
    if (start < at) continue;
    out += text.slice(at, start) + masked(text.slice(start, end));
    at = end;
  }
  // What the tree left out, such as the second of two equal keys.
  return redactLines(out + text.slice(at));
}

function collect(node: Node, secret: boolean, spans: Span[], seen: Set<Node>): void {
  if (seen.has(node) && !secret) return;
  seen.add(node);
  if (node.kind === 'scalar') {
    if (secret && node.span.end > node.span.start) spans.push(node.span);
  } else if (node.kind === 'list') {
    for (const item of node.items) collect(item, secret, spans, seen);
  } else {
    for (const { key, value } of node.entries) {
      collect(value, secret || key === 'env' || environmentOf(key) !== null, spans, seen);
    }
  }
}

/** Without a tree, whatever looks like a variable is masked: `NAME: value`. */
function redactLines(text: string): string {
  return text.replace(
    /^([^\S\n]*(?:- +)?["']?[A-Z][A-Z0-9_]*["']?\s*:)(.*)$/gm,
    (_, name: string, value: string) => {
      return name + masked(value);
    },
  );
}

/** The names of variables in `${…}` stay, since they are what messages are about. */
function masked(value: string): string {
  return value.replace(/(\$\{\w+)|[\p{L}\p{N}]/gu, (char: string, reference: string | undefined) => {
    return reference ?? '•'.repeat(char.length);
  });
}
