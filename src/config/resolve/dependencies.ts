/** `depends_on`: a name, a list of names, or what each name is waited for. */
import type { Dependency } from '../../model/spec.ts';
import type { App } from '../schema/schema-types.generated.ts';

export function readDependencies({ depends_on: written = [] }: App): readonly Dependency[] {
  if (typeof written === 'string') return [{ app: written, until: 'ready' }];
  if (Array.isArray(written)) return [...new Set(written)].map((app) => ({ app, until: 'ready' }));
  return Object.entries(written).map(([app, until]) => ({ app, until }));
}
