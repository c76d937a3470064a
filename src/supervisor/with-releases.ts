/** What can be run of a file while releases are missing. Pure. */
import type { Observed } from '../model/observed.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import { successorsOf } from '../observe/facts/successors.ts';
import { gaveUp } from '../observe/facts/target.ts';
import { withProcess } from '../shared/revision.ts';

export interface Runnable {
  readonly apps: readonly AppSpec[];
  /** New ones, whose release is not there. */
  readonly pending: readonly AppSpec[];
}

/**
 * An app whose release is not there goes on with what it runs, and with all that takes effect live. What such a new one
 * takes over from stays until it is there.
 *
 * @param before what was asked for until now
 */
export function withReleases(file: Desired, before: readonly AppSpec[], observed: Observed): Runnable {
  const earlier = new Map(before.map((spec) => [spec.name, goneBack(spec, observed)]));
  const pending: AppSpec[] = [];
  const apps = file.apps.flatMap((spec) => {
    if (spec.unprepared !== true) return [spec];
    const known = earlier.get(spec.name);
    if (known === undefined) pending.push(spec);
    return known === undefined ? [] : [goingOn(spec, known)];
  });
  return { apps: [...apps, ...leaving(file, before, observed, pending)], pending };
}

function leaving(
  file: Desired,
  before: readonly AppSpec[],
  observed: Observed,
  pending: readonly AppSpec[],
): readonly AppSpec[] {
  if (pending.length === 0) return [];
  const names = new Set(file.apps.map(({ name }) => name));
  const apps = new Map(observed.apps.map((app) => [app.name, app]));
  const isAwaiting = (name: string): boolean => {
    const app = apps.get(name);
    const successors = app === undefined ? [] : successorsOf(app, file, apps);
    return pending.some((spec) => successors.includes(spec.name));
  };
  return before.filter(({ name }) => !names.has(name) && isAwaiting(name));
}

/** A revision that has failed is nothing to go on with. The reloads in the one that runs are asked for besides. */
function goneBack(spec: AppSpec, { apps }: Observed): AppSpec {
  const app = apps.find(({ name }) => name === spec.name);
  return app?.stable != null && gaveUp(app) ? withProcess(app.stable, app.stable.process) : spec;
}

function goingOn({ unprepared: _, ...spec }: AppSpec, { process, revision }: AppSpec): AppSpec {
  return { ...spec, process, revision };
}
