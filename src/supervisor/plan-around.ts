/** Planning is pure and total. Should it throw all the same, that costs the apps that it throws for, and no others. */
import type { Observed } from '../model/observed.ts';
import type { Desired } from '../model/spec.ts';
import type { Plan } from '../model/step.ts';

export type Planner = (desired: Desired, observed: Observed, now: number) => Plan;

/** What could not be planned is tried again after this long, in ms. */
export const RETRY = 1000;

/**
 * The plan for all apps but those that it throws for, of which `failed` is told.
 *
 * @throws what the planner throws, where it is none of the apps alone that it throws for
 */
export function planAround(
  planner: Planner,
  desired: Desired,
  observed: Observed,
  now: number,
  failed: (app: string, error: unknown) => void,
): Plan {
  try {
    return planner(desired, observed, now);
  } catch (error) {
    const names = new Set([...desired.apps, ...observed.apps].map(({ name }) => name));
    const planFor = (isWanted: (name: string) => boolean): Plan => {
      const wanted = ({ name }: { name: string }): boolean => isWanted(name);
      const apps = observed.apps.filter(wanted);
      return planner({ ...desired, apps: desired.apps.filter(wanted) }, { ...observed, apps }, now);
    };
    const broken = new Set<string>();
    for (const app of names) {
      try {
        planFor((name) => name === app);
      } catch (reason) {
        broken.add(app);
        failed(app, reason);
      }
    }
    if (broken.size === 0) throw error;
    const { steps, wakeAt } = planFor((name) => !broken.has(name));
    return { steps, wakeAt: Math.min(wakeAt ?? Infinity, now + RETRY) };
  }
}
