/** `--only` brings what its apps depend on; what else is started is said. */
import type { Desired } from '../model/spec.ts';

/** A line for each app that `only` does not name. */
export function alsoStarted({ apps }: Desired, only: readonly string[] | undefined): string[] {
  if (only === undefined) return [];
  return apps
    .filter(({ name }) => !only.includes(name))
    .map(({ name }) => {
      const dependents = apps.filter(({ dependsOn }) => dependsOn.some(({ app }) => app === name));
      const who = dependents.map((app) => app.name).join(', ');
      return `${name} is started too: ${who} ${dependents.length === 1 ? 'depends' : 'depend'} on it`;
    });
}
