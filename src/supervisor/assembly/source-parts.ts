/** The releases of sources put together with what is told of them, and what they get. */
import type { AppSpec } from '../../model/spec.ts';
import { environment } from '../../workers/environment.ts';
import type { Applier } from '../applier.ts';
import type { Effects } from '../effects.ts';
import { guarded } from '../guarded.ts';
import { AppSources } from '../app-sources.ts';
import type { Options, Parts } from './parts.ts';
import type { Watchers } from './watchers.ts';

export function sourcesOf(
  { releases }: Pick<Effects, 'releases'>,
  { events, faults }: Pick<Options, 'events' | 'faults'>,
  applier: () => Applier,
  watchers: () => Watchers,
): AppSources {
  return new AppSources({
    releases,
    environmentOf,
    changed: () => guarded('applying how it stands with a release', faults.tell, () => applier().again()),
    moved: () => watchers().follower.look(),
    say: (text, level) => events.say({ level, text }),
  });
}

/** What the workers of a slot get, but for which one it is. */
function environmentOf(spec: AppSpec): Record<string, string> {
  const { [spec.process.instanceVar]: _, ...own } = environment({ spec, slot: 0 });
  const all = Object.entries({ ...process.env, ...own });
  return Object.fromEntries(all.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** Once all runs as it is to, what nobody needs is removed. */
export function pruneOnceConverged({ notices, loop, history, sources, takeover, options }: Parts): void {
  notices.listen((notice) => {
    // Of what a supervisor that died has left, nobody here knows what it runs.
    if (notice.type !== 'converged' || takeover.living.length > 0) return;
    const specs = loop.reconciler.observed.apps.flatMap(({ spec, stable }) => [spec, stable ?? spec]);
    const folders = [...specs, ...loop.workers.specs, ...history.specs].flatMap(
      ({ process: { code } }) => code?.folder ?? [],
    );
    sources
      .prune(new Set(folders))
      .catch((error: unknown) => options.faults.tell('removing releases', error));
  });
}
