/** Secrets written into the file. What a message says of one is where it stands, never what it is. */
import { environmentOf } from '../read/canonical-keys.ts';
import type { Span } from '../diagnostics/positions.ts';
import { hasForm, looksSecret } from '../../shared/secrets.ts';
import { maskAddress } from '../../shared/source-address.ts';
import { descend, entryOf } from '../read/nodes.ts';
import type { Node, Scalar } from '../read/nodes.ts';
import type { CheckedApp } from '../resolve/context.ts';

export function checkSecrets({ context }: CheckedApp): void {
  const { mapping, problems } = context;
  const tell = (span: Span, what: string): void =>
    problems.add(
      'CU1407',
      span,
      `${what} looks like a secret.`,
      'Use `${NAME}` or `env_file`, and keep the value elsewhere.',
    );
  for (const { key: block, value: variables } of mapping.entries) {
    if (variables.kind !== 'mapping' || (block !== 'env' && environmentOf(block) === null)) continue;
    for (const { key, value } of variables.entries) {
      if (value.kind === 'scalar' && isSecret(key, value)) tell(value.span, `The value of \`${key}\``);
    }
  }
  for (const key of ['git', 'archive']) {
    const { node } = descend(mapping, ['source', key]);
    if (node.kind === 'scalar' && node.interpolated !== true && maskAddress(node.source) !== node.source)
      tell(node.span, `The address in \`source.${key}\``);
  }
  for (const key of ['args', 'node_args'] as const) {
    for (const item of items(entryOf(mapping, key)?.value)) {
      const text = item.source.replace(/^--?[\w-]+=/, '');
      if (item.interpolated !== true && hasForm(text)) tell(item.span, `An argument in \`${key}\``);
    }
  }
}

function items(node: Node | undefined): readonly Scalar[] {
  if (node === undefined || node.kind === 'mapping') return [];
  return (node.kind === 'list' ? node.items : [node]).filter((item) => item.kind === 'scalar');
}

/** Whether a variable is written with a value that looks secret. */
export function isSecret(name: string, { value, source, interpolated }: Scalar): boolean {
  if (interpolated === true || typeof value === 'boolean' || source.includes('${')) return false;
  return looksSecret(name, source);
}
