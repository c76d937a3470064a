/** Masks environment values and whatever looks secret, so that no code frame ever shows a secret. */
import { isKnownKey } from './canonical-keys.ts';
import type { Span } from '../diagnostics/positions.ts';
import { maskArguments, maskCommandLine } from '../../shared/mask.ts';
import { maskAddress } from '../../shared/source-address.ts';
import { isHiddenKey, masked, maskText } from './mask-text.ts';
import type { Node } from './nodes.ts';

/** `text` of the same length, with the letters and digits of secrets masked; it begins at `base`. */
export function redact(text: string, tree: Node | null, base = 0): string {
  if (tree === null) return maskText(text, 'all');
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
  return maskText(out + text.slice(at), 'environments');
}

function collect(node: Node, secret: boolean, spans: Span[], seen: Set<Node>): void {
  if (seen.has(node) && !secret) return;
  seen.add(node);
  if (node.kind === 'scalar') {
    const isShown =
      !secret && maskCommandLine(node.source) === node.source && maskAddress(node.source) === node.source;
    if (!isShown && node.span.end > node.span.start) spans.push(node.span);
  } else if (node.kind === 'list') {
    const texts = node.items.map((item) => (item.kind === 'scalar' ? item.source : ''));
    const shown = maskArguments(texts);
    for (const [i, item] of node.items.entries()) {
      // With the keys that it has: a colon behind a secret makes one of it.
      if (shown[i] !== texts[i]) spans.push(item.span);
      else collect(item, secret, spans, seen);
    }
  } else {
    for (const { key, value } of node.entries) {
      collect(value, secret || isHiddenKey(key) || isMisspelt(key, value), spans, seen);
    }
  }
}

/** A block that nobody knows may be meant as an environment; one with a script is an app, called as its author likes. */
function isMisspelt(key: string, value: Node): boolean {
  if (value.kind === 'scalar' || isKnownKey(key)) return false;
  return value.kind === 'list' || !value.entries.some((entry) => PROGRAM.has(entry.key));
}

const PROGRAM = new Set(['script', 'cmd', 'exec', 'extends']);
