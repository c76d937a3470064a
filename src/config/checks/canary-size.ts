/** A canary against the number of workers, and its pause. */
import { spanIn } from '../resolve/context.ts';
import { descend } from '../read/nodes.ts';
import type { CheckedApp } from '../resolve/context.ts';

export function checkCanary({ context, spec }: CheckedApp): void {
  const { canary, canaryPause } = spec.rollout;
  const isWritten = (key: string): boolean => descend(context.mapping, ['rollout', key]).entry?.key === key;
  const { problems } = context;
  if (canary === 0 && canaryPause > 0 && isWritten('canary_pause')) {
    const message = '`rollout.canary_pause` has no effect: the app has no canary.';
    problems.add(
      'CU1513',
      spanIn(context, 'rollout', 'canary_pause'),
      message,
      'Add `canary: 1`, or remove it.',
    );
  }
  if (canary >= spec.instances && canary > 0) {
    const message = `\`rollout.canary\` is ${canary} of ${spec.instances}, so no worker is left that the canary could protect.`;
    const hint = 'Lower it, or raise `instances`; to look at a revision before it is stable, this will do.';
    problems.add('CU1520', spanIn(context, 'rollout', 'canary'), message, hint);
  }
}
