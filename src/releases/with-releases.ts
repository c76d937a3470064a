/** What can be run of a file while releases are missing. Pure. */
import type { AppSpec, Desired } from '../model/spec.ts';
import { withProcess } from '../shared/revision.ts';

export interface Runnable {
  readonly apps: readonly AppSpec[];
  /** New ones, whose release is not there. */
  readonly pending: readonly AppSpec[];
}

/**
 * An app whose release is not there goes on as it is, with all that takes effect live. As long as one is missing that
 * was not there before, nothing goes that has left the file: it may be what the missing one is to take over from.
 *
 * @param before what was run of the file of before
 */
export function withReleases(file: Pick<Desired, 'apps'>, before: readonly AppSpec[]): Runnable {
  const earlier = new Map(before.map((spec) => [spec.name, spec]));
  const pending: AppSpec[] = [];
  const apps = file.apps.flatMap((spec) => {
    if (spec.unprepared !== true) return [spec];
    const known = earlier.get(spec.name);
    if (known === undefined) pending.push(spec);
    return known === undefined ? [] : [goingOn(spec, known)];
  });
  const names = new Set(file.apps.map(({ name }) => name));
  const leaving = pending.length === 0 ? [] : before.filter(({ name }) => !names.has(name));
  return { apps: [...apps, ...leaving], pending };
}

function goingOn({ unprepared: _, ...spec }: AppSpec, { process }: AppSpec): AppSpec {
  return withProcess(spec, process);
}
