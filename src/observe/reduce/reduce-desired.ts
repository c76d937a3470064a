/** What an edit makes of what is known: apps that are new, have another spec, or are not in the file any more. */
import type { Observed, ObservedApp } from '../../model/observed.ts';
import type { Desired } from '../../model/spec.ts';
import { whoStays } from '../facts/stay.ts';
import { adoptSpec, newApp } from './reduce-rollout.ts';

/**
 * The edit: every app's latest spec, and an entry for each app that has none yet. Call it once per new
 * `Desired`, before planning; it changes nothing when called again.
 */
export function applyDesired(observed: Observed, desired: Desired): Observed {
  const specs = new Map(desired.apps.map((spec) => [spec.name, spec]));
  const staying = whoStays(observed, desired);
  const apps = observed.apps.map((app) => {
    const spec = specs.get(app.name);
    specs.delete(app.name);
    if (spec !== undefined) return adoptSpec(returned(app), spec, desired.generation);
    return left(app, staying.get(app.name) ?? [], desired.generation);
  });
  const isSame = specs.size === 0 && apps.every((app, i) => app === observed.apps[i]);
  if (isSame) return observed;
  return { apps: [...apps, ...[...specs.values()].map(newApp)].sort(byName) };
}

/** It is not in the file; of another revision than its stable one, nothing is wanted any more. */
function left(app: ObservedApp, staysFor: readonly string[], generation: string): ObservedApp {
  const isSame =
    app.staysFor?.length === staysFor.length && staysFor.every((n, i) => n === app.staysFor?.[i]);
  const next = isSame ? app : { ...app, staysFor };
  const { stable, spec } = next;
  // One that had no worker then is as it was last wanted, or nobody would serve.
  const kept = stable === null || stable.instances === 0 ? spec : stable;
  return staysFor.length === 0 ? next : adoptSpec(next, kept, generation);
}

/** It is in the file. */
function returned(app: ObservedApp): ObservedApp {
  return app.staysFor === null ? app : { ...app, staysFor: null };
}

function byName(a: ObservedApp, b: ObservedApp): number {
  return a.name < b.name ? -1 : 1;
}
