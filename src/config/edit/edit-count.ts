/** Changes how many workers an app has in the text of an ecosystem file; everything else stays byte for byte. */
import { isDeepStrictEqual } from 'node:util';
import { isAlias, isScalar } from 'yaml';
import type { Node as YamlNode, Pair, YAMLMap } from 'yaml';
import { ownPair, readLayout, writtenMap } from './edit-apps.ts';
import type { Detour, FoundApp, Layout, Where } from './edit-apps.ts';
import { insertMember } from './edit-insert.ts';
import type { Edit } from './edit-insert.ts';
import { resolveCount } from '../resolve/instances.ts';
import { didYouMean } from '../../shared/suggest.ts';
import { descend, entryOf, isNull, toPlain } from '../read/nodes.ts';
import type { Entry, Node } from '../read/nodes.ts';

export type Change = { readonly set: number } | { readonly by: number };
export interface Edited {
  readonly text: string;
  readonly from: number;
  readonly to: number;
}
export interface Refused {
  /** One clause that says why nothing was changed. */
  readonly error: string;
}

/** `maximum` of `instances` in the schema. */
export const MAX_INSTANCES = 1024;

const KEY = 'instances';
/** How many names a message lists. */
const MAX_LISTED = 20;

/**
 * Writes the count of `app`. `max`, 0 and -1 are resolved with `cores` before a difference is added. Where that
 * number is not the app's own, or something else would change with it, nothing is changed and `error` says why.
 */
export function editCount(
  text: string,
  app: string,
  change: Change,
  cores: number,
  where: Where = {},
): Edited | Refused {
  const layout = readLayout(text, where);
  if ('error' in layout) return layout;
  const found = findApp(layout, app);
  if ('error' in found) return found;
  const map = writtenMap(layout, found.path);
  if ('kind' in map) return { error: detourText(app, map, layout) };
  const elsewhere = countElsewhere(layout, found);
  if (elsewhere !== null) return { error: elsewhere };
  const from = countNow(layout, found, map, cores);
  if (typeof from !== 'number') return from;
  const to = 'set' in change ? change.set : from + change.by;
  const wrong = wrongCount(app, from, to, change);
  if (wrong !== null) return { error: wrong };
  // Writing the default would not be idle: with `instances`, Node's scripts run in cluster mode.
  if (from === to && ownPair(map, KEY) === null) return { text, from, to };
  const edit = editOf(layout, map, String(to));
  if (edit === null)
    return { error: `the count of ${app} cannot be changed here: write \`${KEY}: ${to}\` yourself` };
  const edited = text.slice(0, edit.start) + edit.text + text.slice(edit.end);
  const problem = checkEdit(layout, found, edited, to, where, edit);
  return problem === null ? { text: edited, from, to } : { error: problem };
}

function findApp({ apps }: Layout, name: string): FoundApp | Refused {
  const found = apps.filter((app) => app.name === name);
  if (found.length > 1) return { error: `${found.length} apps are called "${name}"; names must be unique` };
  if (found[0] !== undefined) return found[0];
  const names = apps.map((app) => app.name);
  if (names.length === 0) return { error: `there is no app "${name}"; the file has none` };
  const more = names.length > MAX_LISTED ? `, and ${names.length - MAX_LISTED} more` : '';
  const meant = didYouMean(name, names);
  const there = `there is ${names.slice(0, MAX_LISTED).join(', ')}${more}`;
  return { error: `there is no app "${name}"; ${there}${meant === null ? '' : `. ${meant}`}` };
}

/** A place besides the app itself that gives it a count: what it extends, `defaults`, or a profile of either. */
function countElsewhere({ tree, lines }: Layout, { name, mapping }: FoundApp): string | null {
  const text = (source: string, { keySpan }: Entry): string =>
    `the count of ${name} comes from ${source} (line ${lines.at(keySpan.start).line})`;
  const advice = `: give ${name} \`${KEY}\` of its own, or change it there`;
  const defaults = descend(tree, ['defaults']).entry;
  for (const layer of [mapping, defaults?.value]) {
    const profiles = layer?.kind === 'mapping' ? entryOf(layer, 'profiles')?.value : undefined;
    for (const profile of profiles?.kind === 'mapping' ? profiles.entries : []) {
      const count = profile.value.kind === 'mapping' ? entryOf(profile.value, KEY) : undefined;
      // Whether it is the one in force is up to those who run the file.
      if (count !== undefined)
        return `${text(`the profile \`${profile.key}\``, count)} too: change it by hand`;
    }
  }
  if (entryOf(mapping, KEY) !== undefined) return null;
  const base = entryOf(mapping, 'extends');
  if (base !== undefined) return text('what it extends', base) + advice;
  const shared = defaults?.value.kind === 'mapping' ? entryOf(defaults.value, KEY) : undefined;
  return shared === undefined ? null : text('`defaults`', shared) + advice;
}

/** The workers that the app has now, or why its count is not its own to change. */
function countNow(
  layout: Layout,
  { name, mapping }: FoundApp,
  map: YAMLMap,
  cores: number,
): number | Refused {
  const own = ownPair(map, KEY);
  const value = entryOf(mapping, KEY)?.value;
  if (own === null && value !== undefined && !isNull(value)) {
    return { error: detourText(name, { kind: 'merge', offset: value.span.start }, layout) };
  }
  if (isAlias(own?.value)) {
    return {
      error: detourText(name, { kind: 'alias', name: own.value.source, offset: startOf(own) }, layout),
    };
  }
  if (value === undefined || isNull(value)) return 1;
  const written = isScalar(own?.value) ? (own.value.source ?? '') : '';
  const line = layout.lines.at(startOf(own)).line;
  if (written.includes('${')) {
    return {
      error: `the count of ${name} is \`${written}\` (line ${line}): change that variable, or write a number`,
    };
  }
  const count = value.kind === 'scalar' ? countFrom(String(value.value).trim(), cores) : null;
  return count ?? { error: `the count of ${name} (line ${line}) is no number, nor max` };
}

function startOf(pair: Pair<YamlNode, YamlNode | null> | null): number {
  return pair?.value?.range?.[0] ?? pair?.key.range?.[0] ?? 0;
}

/** Null where it is no count: this text has not been checked against the schema. */
function countFrom(written: string, cores: number): number | null {
  const isCount = /^(max|[+-]?\d+)$/.test(written) && !(Number(written) > MAX_INSTANCES);
  return isCount ? resolveCount(written, cores) : null;
}

function wrongCount(app: string, from: number, to: number, change: Change): string | null {
  const now = `${app} has ${from} worker${from === 1 ? '' : 's'}`;
  if (!Number.isSafeInteger(to)) return `${now}; a number of workers is a whole number`;
  if (to > MAX_INSTANCES) return `${now}, and may have ${MAX_INSTANCES} at most, not ${to}`;
  if (to >= 1) return null;
  // In the file, 0 and less mean as many as there are cores.
  const asked =
    'by' in change ? `${-change.by} fewer would leave ${to === 0 ? 'none' : 'less than none'}` : `not ${to}`;
  return `${now}, and must have 1 at least: ${asked}; \`cluster-up stop ${app}\` runs none of it`;
}

function detourText(app: string, detour: Detour, { lines }: Layout): string {
  const { line } = lines.at(detour.offset);
  const source =
    detour.kind === 'alias'
      ? `the alias \`*${detour.name}\` (line ${line})`
      : `line ${line} by a merge key (\`<<\`)`;
  return `the count of ${app} comes from ${source}: give ${app} \`${KEY}\` of its own, or change it there`;
}

function editOf(layout: Layout, map: YAMLMap, count: string): Edit | null {
  const { source } = layout;
  const own = ownPair(map, KEY);
  if (own === null) return insertMember(layout, map, KEY, count);
  const [start = 0, end = 0] = isScalar(own.value) ? (own.value.range ?? []) : [];
  if (end > start) return replaceNumber(source.slice(start, end), start, count);
  // A key without a value: after its colon, or with one where a mapping in braces has the key alone.
  const keyEnd = own.key.range?.[1] ?? 0;
  const colon = /^\s*:/.exec(source.slice(keyEnd))?.[0].length ?? 0;
  return { start: keyEnd + colon, end: keyEnd + colon, text: colon > 0 ? ` ${count}` : `: ${count}` };
}

/** The number inside of its quotes, or below the `|` of a block scalar. */
function replaceNumber(written: string, start: number, count: string): Edit | null {
  const match = /^(["']\s*|[|>][^\n]*\n\s*)?([^\s"']+)/.exec(written);
  if (match === null) return null;
  const [, before = '', number = ''] = match;
  return { start: start + before.length, end: start + before.length + number.length, text: count };
}

/** What else than the count of this app the edit would change, or null: the file is read again to know. */
function checkEdit(
  layout: Layout,
  app: FoundApp,
  text: string,
  to: number,
  where: Where,
  edit: Edit,
): string | null {
  const after = readLayout(text, where);
  if ('error' in after) return `the count of ${app.name} cannot be changed here: ${after.error}`;
  const [was, is] = [withoutCount(layout.tree, app.path), withoutCount(after.tree, app.path)];
  if (Number(is.count) === to && isDeepStrictEqual(was.rest, is.rest)) return null;
  const others = after.apps.filter((other, i) => {
    const before = layout.apps[i];
    return (
      other.name !== app.name &&
      before !== undefined &&
      !isDeepStrictEqual(toPlain(before.mapping), toPlain(other.mapping))
    );
  });
  const { line } = layout.lines.at(edit.start);
  const whom =
    others.length === 0
      ? 'something else'
      : others
          .slice(0, MAX_LISTED)
          .map(({ name }) => name)
          .join(', ');
  return `changing the count of ${app.name} (line ${line}) would also change ${whom}, which repeats it: change it by hand`;
}

/** The file as plain data, and apart from it the count of one app. */
function withoutCount(tree: Node, path: readonly string[]): { rest: unknown; count: unknown } {
  const rest = toPlain(tree);
  let app = rest as Record<string, unknown>;
  for (const step of path) app = app[step] as Record<string, unknown>;
  const count = app[KEY];
  // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- its own copy, made a moment ago
  delete app[KEY];
  return { rest, count };
}
