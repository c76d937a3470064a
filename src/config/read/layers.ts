/** Settings of one app that stand in several places: defaults, the app it extends, its own, those of a profile. */
import { resolve } from 'node:path';
import { isPath } from '../../shared/source-address.ts';
import { isFromHome } from './home-path.ts';
import { check } from './check-schema.ts';
import { BLOCK_KEYS } from '../schema/keys.generated.ts';
import { canonicalApp, environmentOf } from './canonical-keys.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { entryOf } from './nodes.ts';
import type { Entry, Mapping, Node } from './nodes.ts';
import { validateApp } from '../schema/validators.generated.ts';

/** What stands in one place, checked: keys in their one spelling, wrong values left out. */
export interface Layer {
  readonly mapping: Mapping;
  /** Keys with a wrong value. */
  readonly broken: ReadonlySet<string>;
}

const EMPTY: Mapping = { kind: 'mapping', entries: [], span: { start: 0, end: 0 } };

export const NOTHING: Layer = { mapping: EMPTY, broken: new Set() };

/** Reads layers; one that several apps share is checked once. */
export class Layers {
  readonly #problems: Problems;
  readonly #read = new Map<Mapping, Layer>();
  /** The names that `--env` may have. */
  readonly environments: Set<string> = new Set<string>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** `folder` is that of the file that the mapping stands in: `cwd` is relative to it. */
  read(mapping: Mapping, folder: string): Layer {
    const known = this.#read.get(mapping);
    if (known !== undefined) return known;
    const { mapping: canonical, broken } = canonicalApp(mapping, this.#problems);
    for (const key of check(canonical, validateApp, this.#problems)) broken.add(key);
    for (const { key } of canonical.entries) this.#name(environmentOf(key));
    for (const key of broken) this.#name(environmentOf(key));
    const entries = canonical.entries
      .filter(({ key }) => !broken.has(key))
      .map((entry) => this.#entry(entry, folder));
    const layer = { mapping: { ...canonical, entries }, broken };
    this.#read.set(mapping, layer);
    return layer;
  }

  /** A layer in which some keys have no meaning, such as `name` in `defaults`. */
  without(layer: Layer, keys: readonly string[], where: string): Layer {
    for (const { key, keySpan } of layer.mapping.entries) {
      if (!keys.includes(key)) continue;
      this.#problems.add(
        'CU1513',
        keySpan,
        `\`${key}\` has no effect in \`${where}\`.`,
        'Write it into the app itself.',
      );
    }
    return { ...layer, mapping: drop(layer.mapping, keys) };
  }

  #entry(entry: Entry, folder: string): Entry {
    const { key, value } = entry;
    if (key === 'cwd' && value.kind === 'scalar' && typeof value.value === 'string') {
      if (isFromHome(value.value)) return entry;
      return { ...entry, value: { ...value, value: resolve(folder, value.value) } };
    }
    if (key === 'source' && value.kind === 'mapping') return { ...entry, value: sourceIn(value, folder) };
    if (key !== 'profiles') return entry;
    if (value.kind === 'list')
      for (const item of value.items) if (item.kind === 'scalar') this.#name(item.source);
    return value.kind === 'mapping' ? { ...entry, value: this.#profiles(value, folder) } : entry;
  }

  #profiles(profiles: Mapping, folder: string): Mapping {
    const entries = profiles.entries.map((entry) => {
      this.#name(entry.key);
      if (entry.value.kind !== 'mapping') return entry;
      const layer = this.without(this.read(entry.value, folder), ['name', 'extends', 'profiles'], 'profiles');
      return { ...entry, value: layer.mapping };
    });
    return { ...profiles, entries };
  }

  #name(environment: string | null): void {
    if (environment !== null) this.environments.add(environment);
  }
}

/** Its paths are relative to the folder of the file that says them. */
function sourceIn(source: Mapping, folder: string): Mapping {
  const entries = source.entries.map((entry) => {
    const { key, value } = entry;
    if (!['git', 'archive', 'folder'].includes(key) || value.kind !== 'scalar') return entry;
    const written = value.source;
    if ((key !== 'folder' && !isPath(written)) || isFromHome(written)) return entry;
    return { ...entry, value: { ...value, value: resolve(folder, written) } };
  });
  return { ...source, entries };
}

/** All of both; where both have a key, the upper one wins, and mappings such as `env` are merged key by key. */
export function stack(lower: Layer, upper: Layer): Layer {
  if (lower === NOTHING) return upper;
  return {
    mapping: merge(lower.mapping, upper.mapping),
    broken: new Set([...lower.broken, ...upper.broken]),
  };
}

/** What another app may take over: everything but what tells the two apart. */
export function inherited({ mapping, broken }: Layer): Layer {
  return { mapping: drop(mapping, ['name', 'extends']), broken };
}

/** The app under `--env <name>`, or null if it does not run then. */
export function profiled(layer: Layer, name: string | undefined): Layer | null {
  const profiles = entryOf(layer.mapping, 'profiles')?.value;
  if (profiles === undefined) return layer;
  if (profiles.kind === 'list') {
    const listed = profiles.items.some((item) => item.kind === 'scalar' && item.source === name);
    return listed ? layer : null;
  }
  const chosen =
    profiles.kind === 'mapping' && name !== undefined ? entryOf(profiles, name)?.value : undefined;
  if (chosen?.kind === 'mapping') return { ...layer, mapping: merge(layer.mapping, chosen) };
  return chosen === undefined ? layer : null;
}

function merge(lower: Mapping, upper: Mapping): Mapping {
  const entries = new Map(lower.entries.map((entry) => [entry.key, entry] as const));
  for (const entry of upper.entries) {
    const below = entries.get(entry.key);
    entries.set(entry.key, below === undefined ? entry : { ...entry, value: over(below, entry) });
  }
  return { kind: 'mapping', span: upper.span, entries: [...entries.values()] };
}

function over(below: Entry, { key, value }: Entry): Node {
  const merges = key === 'env' || key === 'profiles' || environmentOf(key) !== null || BLOCK_KEYS.has(key);
  return merges && value.kind === 'mapping' && below.value.kind === 'mapping'
    ? merge(below.value, value)
    : value;
}

function drop(mapping: Mapping, keys: readonly string[]): Mapping {
  return { ...mapping, entries: mapping.entries.filter(({ key }) => !keys.includes(key)) };
}
