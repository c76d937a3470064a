/** `filter_env`. */
import type { FilterEnv } from '../../model/spec.ts';
import type { App } from '../schema/schema-types.generated.ts';

/** As PM2 has it: a list is of parts of names, a single text is a whole name. */
export function readFilter({ filter_env: filter = false }: App): FilterEnv {
  return filter === false ? [] : filter;
}
