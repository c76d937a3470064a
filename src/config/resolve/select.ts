/** Checks across apps, and the choice of apps and environment by the command line. */
import { EVERY_APP, type AppSpec } from '../../model/spec.ts';
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { didYouMean } from '../../shared/suggest.ts';

const START = { start: 0, end: 0 };

/** `--env NAME` must name something that the file has. */
export function checkEnvironment(
  known: ReadonlySet<string>,
  name: string | undefined,
  problems: Problems,
): void {
  if (name === undefined || known.has(name)) return;
  const all =
    known.size === 0
      ? 'The file has neither `env_<name>` nor `profiles`.'
      : `The file has ${[...known].map(ticked).join(', ')}.`;
  problems.add(
    'CU1403',
    START,
    `No app has \`env_${name}\` or a profile \`${name}\`.`,
    didYouMean(name, known) ?? all,
  );
}

/** Names are unique, and none is what commands call all of them. */
export function checkNames(
  apps: readonly { spec: AppSpec; context: AppContext }[],
  problems: Problems,
): void {
  const first = new Map<string, AppContext>();
  for (const { spec, context } of apps) {
    if (context.broken.has('name')) continue;
    if (spec.name === EVERY_APP)
      problems.add(
        'CU1518',
        spanIn(context, 'name'),
        `An app cannot be called \`${EVERY_APP}\`: commands mean every app by it.`,
        'Give it another `name`.',
      );
    const other = first.get(spec.name);
    if (other === undefined) first.set(spec.name, context);
    else {
      const span = spanIn(context, 'name');
      const place = problems.place(spanIn(other, 'name').start, span.start);
      const message = `Another app is called \`${spec.name}\` already, on ${place}.`;
      problems.add('CU1501', span, message, 'Give each app a `name` of its own.');
    }
  }
}

/** `--only a,b`, with all that these depend on: without it they would wait for ever. */
export function selectApps<App extends { readonly spec: AppSpec }>(
  apps: readonly App[],
  only: readonly string[] | undefined,
  problems: Problems,
): readonly App[] {
  if (only === undefined || apps.length === 0) return apps;
  const names = apps.map(({ spec }) => spec.name);
  for (const wanted of only.filter((name) => !names.includes(name))) {
    const hint = didYouMean(wanted, names) ?? `The file has ${names.slice(0, 8).map(ticked).join(', ')}.`;
    problems.add('CU1406', START, `No app is called \`${wanted}\`.`, hint);
  }
  const chosen = withDependencies(
    only,
    apps.map(({ spec }) => spec),
  );
  return apps.filter(({ spec }) => chosen.has(spec.name));
}

function withDependencies(names: readonly string[], apps: readonly AppSpec[]): ReadonlySet<string> {
  const chosen = new Set(names);
  // A set that grows while it is walked through.
  for (const name of chosen)
    for (const { app } of apps.find((spec) => spec.name === name)?.dependsOn ?? []) chosen.add(app);
  return chosen;
}

function ticked(name: string): string {
  return `\`${name}\``;
}
