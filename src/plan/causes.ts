/** The clauses that steps say as their cause. */
import type { ObservedApp } from '../model/observed.ts';
import { changes, changeTexts, isInherited } from '../observe/facts/diff.ts';

const NAMED_CHANGES = 3;

/** Why the app is on its way to its target. */
export function rolloutCause(app: ObservedApp): string {
  const { rollout, stable, spec } = app;
  if (rollout?.state === 'rolled-back')
    return `${rollout.to} was rolled back: it ${rollout.message ?? 'failed'}`;
  if (rollout?.state === 'paused') return `${rollout.to} is paused: it ${rollout.message ?? 'failed'}`;
  if (stable === null) return rollout === null || app.workers.length === 0 ? 'new app' : 'the file changed';
  if (spec.because?.revision !== undefined) {
    const brought = changeTexts(changes(stable, spec).filter(isInherited));
    return [spec.because.revision, ...brought].join(', ');
  }
  if (stable.revision === spec.revision) return 'back to the stable revision';
  const named = changeTexts(changes(stable, spec).filter((change) => change.effect === 'roll'));
  if (named.length === 0) return 'a new revision';
  const texts = named.slice(0, NAMED_CHANGES);
  if (named.length > NAMED_CHANGES) texts.push(`and ${named.length - NAMED_CHANGES} more`);
  return texts.join(', ');
}

/** `instances is 3 (line 4)`. */
export function scaleCause(app: ObservedApp): string {
  if (app.spec.because?.instances !== undefined) return app.spec.because.instances;
  const line = app.spec.lines['instances'];
  return `instances is ${app.spec.instances}${line === undefined ? '' : ` (line ${line})`}`;
}
