/** How many workers `instances` asks for. */
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';

/** More workers per core than this mostly wait for each other. */
const MANY_PER_CORE = 4;

export function countInstances(context: AppContext): number {
  const { app, options, problems } = context;
  const count = resolveCount(app.instances ?? 1, options.cores);
  if (count > MANY_PER_CORE * options.cores && count > MANY_PER_CORE) {
    const message = `${count} instances on ${options.cores} cores are more than ${MANY_PER_CORE} per core.`;
    problems.add('CU1503', spanIn(context, 'instances'), message, '`instances: max` runs one per core.');
  }
  return count;
}

/** `max` and 0 are all cores, -n is all but n; never below 1. */
export function resolveCount(instances: number | string, cores: number): number {
  const number = instances === 'max' ? 0 : Number(instances);
  return number > 0 ? number : Math.max(1, cores + number);
}
