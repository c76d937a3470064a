/** Only root may run a program as another user. */
import { spanIn } from '../context.ts';
import type { CheckedApp } from './apps.ts';

export function checkUser({ context }: CheckedApp): void {
  const { uid } = context.options;
  if (uid === undefined || uid === 0) return;
  for (const key of ['uid', 'gid'] as const) {
    const wanted = context.app[key];
    // A name is looked up when the app starts.
    if (wanted === undefined || (key === 'uid' && String(wanted) === String(uid))) continue;
    const message = `\`${key}\` asks for another ${key === 'uid' ? 'user' : 'group'}, and only root may become one.`;
    context.problems.add('CU1609', spanIn(context, key), message, 'Start cluster-up as root, or remove it.');
  }
}
