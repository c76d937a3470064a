/** `args` and `node_args`: a line that is split as a shell would, or a list. */
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';
import { entryOf } from '../read/nodes.ts';
import type { Node } from '../read/nodes.ts';
import { splitWords } from '../../shared/words.ts';

export function readArguments(context: AppContext, key: 'args' | 'node_args'): readonly string[] {
  const node = entryOf(context.mapping, key)?.value;
  if (node === undefined) return [];
  if (node.kind === 'list') return node.items.map(written);
  const words = splitWords(written(node));
  if (words !== null) return words;
  const message = `\`${key}\` has a quote that is not closed.`;
  context.problems.add('CU1304', spanIn(context, key), message, 'Close it, or write a list of arguments.');
  return [];
}

/** Numbers keep their written form, as in `env`. */
function written(node: Node): string {
  if (node.kind !== 'scalar') return '';
  return typeof node.value === 'string' ? node.value : node.source;
}
