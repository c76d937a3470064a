/** What must hold of an app that was stopped by hand. */
import type { Desired } from '../../src/model/spec.ts';

/** Who was stopped by hand stays so, whoever supervises, for as long as the file has it. */
export function checkStopped(stopped: Set<string>, { apps }: Desired): void {
  for (const name of stopped) {
    const spec = apps.find((app) => app.name === name);
    if (spec === undefined) stopped.delete(name);
    else if (spec.instances > 0) throw new Error(`${name} was stopped by hand, and is to run`);
  }
}
