/** One app on its way to an AppSpec, with what its parts need to look at it and to report. */
import type { AppSpec } from '../../model/spec.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { descend, spanOf, type Mapping } from '../read/nodes.ts';
import type { ParseOptions } from '../read/options.ts';
import type { App } from '../schema/schema-types.generated.ts';

export interface AppContext {
  /** Validated; keys with a wrong value are left out. */
  readonly app: App;
  readonly mapping: Mapping;
  /** Keys with a wrong value: what depends on them is not looked at. */
  readonly broken: ReadonlySet<string>;
  /** Where the app begins, for what is missing from it. */
  readonly span: Span;
  /** The key before the app, where `apps` maps names to apps. */
  readonly key: string | null;
  /** Absolute folder of the ecosystem file. */
  readonly folder: string;
  readonly options: ParseOptions;
  readonly problems: Problems;
  /** A file that was read besides, for the generation and for whoever watches; null if it could not be. */
  readonly alsoRead: (file: string, text: string | null) => void;
}

/** One app as it is written and as it is understood. */
export interface CheckedApp {
  readonly context: AppContext;
  readonly spec: AppSpec;
}

/** Where to point for a field of the app; the app's beginning if it is not written. */
export function spanIn({ mapping, span }: AppContext, ...path: readonly string[]): Span {
  const { entry } = descend(mapping, path);
  return entry === null ? span : spanOf(entry);
}

/** On which line each field is written, for plans and messages. Lines by path: `instances`, `env.PORT`, `rollout.max_surge`. A variable of `env_<name>` in force is `env.NAME`. */
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
