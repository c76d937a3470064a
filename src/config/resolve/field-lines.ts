/** On which line each field is written, for plans and messages. */
import type { AppContext } from './context.ts';
import { spanOf } from '../read/nodes.ts';
import type { Mapping } from '../read/nodes.ts';

/** Lines by path: `instances`, `env.PORT`, `rollout.max_surge`. A variable of `env_<name>` in force is `env.NAME`. */
export function fieldLines({ mapping, options, problems }: AppContext): Readonly<Record<string, number>> {
  const lines: Record<string, number> = {};
  const collect = (part: Mapping, prefix: string): void => {
    for (const entry of part.entries) {
      // A line of another file would be taken for one of this file.
      const line = problems.mainLine(spanOf(entry).start);
      if (line !== null) lines[prefix + entry.key] = line;
      if (entry.value.kind === 'mapping') collect(entry.value, `${prefix}${entry.key}.`);
    }
  };
  collect(mapping, '');
  const chosen = mapping.entries.find(({ key }) => key === `env_${options.envName ?? ''}`)?.value;
  if (chosen?.kind === 'mapping') collect(chosen, 'env.');
  return lines;
}
