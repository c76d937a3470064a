/** What an ecosystem file would change, before anything is done: the answer of `cluster-up plan`. */
import type { Observed } from '../../model/observed.ts';
import type { Prediction } from '../../model/prediction.ts';
import type { AppSpec, Desired } from '../../model/spec.ts';
import { count, duration } from '../../model/text.ts';
import { changes, changeText, changeTexts } from '../facts/diff.ts';
import { untilReady, whoStays } from '../facts/stay.ts';
import { problemOf } from './converged.ts';
import { portNote, type Edit, type Seen } from './predict-port.ts';

const NOTHING_SEEN: Seen = { listens: () => false, canReusePort: false };

/**
 * Apps in the file's order, then those that it no longer has, by name.
 *
 * @param previous null if nothing runs
 * @param seen what is known of what runs
 * @param observed the apps that run: some of those that the file no longer has may stay for a while
 */
export function predict(
  previous: readonly AppSpec[] | null,
  desired: Desired,
  seen: Seen = NOTHING_SEEN,
  observed: Observed = { apps: [] },
): Prediction[] {
  const before = new Map((previous ?? []).map((spec) => [spec.name, spec]));
  const edits = desired.apps.flatMap((after): Edit[] => {
    const spec = before.get(after.name);
    return spec === undefined ? [] : [{ before: spec, after }];
  });
  const editOf = new Map(edits.map((edit) => [edit.after, edit]));
  const kept = desired.apps.map((spec) => {
    const edit = editOf.get(spec);
    const prediction = predictApp(
      edit?.before,
      spec,
      edit === undefined ? null : portNote(edit, edits, seen),
    );
    const tried = again(prediction, spec, observed);
    return spec.byHand === undefined ? tried : { ...tried, byHand: spec.byHand };
  });
  const stays = whoStays(observed, desired);
  for (const { name, spec } of observed.apps) if (stays.has(name)) before.set(name, spec);
  for (const { name } of desired.apps) before.delete(name);
  const removed = [...before.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  return [...kept, ...removed.map((spec) => predictRemoval(spec, stays.get(spec.name) ?? [], desired))];
}

/** One line per app, the columns aligned. */
export function formatPrediction(predictions: readonly Prediction[]): string {
  if (predictions.length === 0) return 'no apps';
  const width = Math.max(...predictions.map(({ app }) => app.length));
  return predictions
    .map((prediction) =>
      `${prediction.app.padEnd(width)}  ${prediction.effect.padEnd(6)}  ${detail(prediction)}`.trimEnd(),
    )
    .join('\n');
}

function predictApp(previous: AppSpec | undefined, spec: AppSpec, port: string | null): Prediction {
  const to = spec.instances;
  if (previous === undefined) return { app: spec.name, effect: 'add', changes: [], from: null, to };
  const found = changes(previous, spec);
  const effect = strongest(previous, spec, found);
  const note = effect === 'roll' ? (port ?? canaryNote(spec)) : null;
  const told = { app: spec.name, effect, changes: found, from: previous.instances, to };
  return note === null ? told : { ...told, note };
}

/** What has failed is tried again where the file is applied by hand. */
function again(prediction: Prediction, spec: AppSpec, { apps }: Observed): Prediction {
  const app = apps.find(({ name }) => name === spec.name);
  const problem = app?.spec.revision === spec.revision ? problemOf(app) : null;
  if (prediction.effect !== 'none' || problem === null) return prediction;
  const effect = app?.rollout?.state === 'complete' ? 'none' : 'roll';
  return { ...prediction, effect, note: `${problem.message}; it is tried again` };
}

function predictRemoval(spec: AppSpec, staysFor: readonly string[], { apps }: Desired): Prediction {
  const { name, instances } = spec;
  const told = { app: name, effect: 'remove', changes: [], from: instances, to: null } as const;
  if (staysFor.length === 0) return told;
  const all = [spec, ...apps.filter((other) => staysFor.includes(other.name))];
  const cost = all.some(({ process }) => process.mode === 'fork')
    ? ': it makes way for it, as fork mode cannot share a port, and is started again if that fails'
    : '';
  return { ...told, note: `stays ${untilReady(staysFor)}${cost}` };
}

/** The revision decides over what rolls; everything else is told by the fields. */
function strongest(previous: AppSpec, spec: AppSpec, found: Prediction['changes']): Prediction['effect'] {
  if (previous.revision !== spec.revision) return 'roll';
  if (found.some(({ effect }) => effect === 'scale')) return 'scale';
  return found.length > 0 ? 'live' : 'none';
}

/** What happens before the others follow. */
function canaryNote({ instances, rollout: { canary, canaryPause } }: AppSpec): string | null {
  const canaries = Math.min(canary, instances);
  return canaries === 0 ? null : `canary ${canaries} of ${instances} for ${duration(canaryPause)} first`;
}

function detail({ effect, changes: found, from, to, note, byHand }: Prediction): string {
  const changed = changeTexts(found, (change) =>
    change.effect === 'scale' ? `${changeText(change)}: ${from ?? 0} → ${to ?? 0}` : changeText(change),
  ).join(', ');
  const workers = { add: to, remove: from };
  const told = effect === 'add' || effect === 'remove' ? count(workers[effect] ?? 0, 'worker') : changed;
  return [told, note ?? '', byHand ?? ''].filter((text) => text !== '').join('; ');
}
