/** One file under several environments: what is wrong under all of them is told once. */
import type { Loaded } from '../config/load-ecosystem.ts';
import type { Diagnostic } from '../model/diagnostic.ts';

/** Means each environment that the file has, and none. */
const ALL = 'all';

export interface LoadUnder {
  readonly env: string | undefined;
  readonly loaded: Loaded;
}

/** Loads a file under each of `names`; without names, under none. */
export async function chooseEnvironments(
  names: readonly string[],
  load: (env: string | undefined) => Promise<Loaded>,
): Promise<readonly LoadUnder[]> {
  const loads: LoadUnder[] = [];
  const under = async (env: string | undefined): Promise<Loaded> => {
    const known = loads.find((done) => done.env === env);
    if (known !== undefined) return known.loaded;
    const loaded = await load(env);
    loads.push({ env, loaded });
    return loaded;
  };
  if (names.length === 0 || names.includes(ALL)) {
    const { environments } = await under(undefined);
    if (names.includes(ALL)) for (const name of environments) await under(name);
  }
  for (const name of names) if (name !== ALL) await under(name);
  return loads;
}

/** The diagnostics of all; those of some environments only say of which. */
export function acrossEnvironments(loads: readonly LoadUnder[]): readonly Diagnostic[] {
  const [first] = loads;
  if (first !== undefined && loads.length === 1) return first.loaded.diagnostics;
  const found = new Map<string, { diagnostic: Diagnostic; names: (string | undefined)[] }>();
  for (const { env, loaded } of loads) {
    for (const diagnostic of loaded.diagnostics) {
      const { file, start, code, message } = diagnostic;
      const key = JSON.stringify([file, start.offset, code, message]);
      const known = found.get(key);
      if (known === undefined) found.set(key, { diagnostic, names: [env] });
      else known.names.push(env);
    }
  }
  return [...found.values()].map(({ diagnostic, names }) =>
    names.length === loads.length
      ? diagnostic
      : { ...diagnostic, message: within(diagnostic.message, names) },
  );
}

/** `… (with --env production, and without --env)`. */
function within(message: string, names: readonly (string | undefined)[]): string {
  const named = names.filter((name) => name !== undefined).map((name) => `--env ${name}`);
  const parts = [
    ...(named.length === 0 ? [] : [`with ${named.join(', ')}`]),
    ...(names.includes(undefined) ? ['without --env'] : []),
  ];
  return `${message.replace(/\.$/, '')} (${parts.join('; ')}).`;
}
