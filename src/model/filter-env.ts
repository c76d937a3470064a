/** Whether a variable of the supervisor's own environment is kept from a process. */
import type { FilterEnv } from './spec.ts';

export function isFiltered(name: string, filter: FilterEnv): boolean {
  if (filter === true) return true;
  return typeof filter === 'string' ? name === filter : filter.some((part) => name.includes(part));
}
