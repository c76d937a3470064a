/** Workers that run other code than their revision's: its files were changed in place, and a crash cannot bring them back. */
import type { ObservedApp } from '../../model/observed.ts';
import { specOf } from './target.ts';

/** What is wrong and how to go on, one clause; null where nothing is. */
export function otherCodeText(app: ObservedApp): string | null {
  const other = app.workers.find(({ status, otherCode }) => status === 'online' && otherCode !== undefined);
  if (other === undefined) return null;
  const { digest, folder } = specOf(app, other.revision).process.code ?? { digest: null, folder: '' };
  const own = digest === null ? '' : ` (${digest.slice(0, 8)})`;
  return `runs other code in slot ${other.slot} (${other.otherCode ?? ''}), as that of its revision${own} is not in ${folder} any more; \`cluster-up reload ${app.name}\` rolls all workers to what is there`;
}
