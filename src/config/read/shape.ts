/** The shapes a file may have, all turned into one list of apps. */
import { ROOT_KEYS, APP_KEYS } from '../schema/keys.generated.ts';
import { canonicalKey, isExtension } from './canonical-keys.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { didYouMean } from '../../shared/suggest.ts';
import { entryOf, isNull, spanOf } from './nodes.ts';
import type { Entry, Mapping, Node } from './nodes.ts';

/** One app as it stands in the file. */
export interface RawApp {
  readonly mapping: Mapping;
  /** Its key, where `apps` is a mapping from name to app. */
  readonly key: Entry | null;
  /** Where to point when something is missing from it. */
  readonly span: Span;
}

export interface Shape {
  readonly apps: readonly RawApp[];
  /** The mapping around `apps`; null where there is none. */
  readonly root: Mapping | null;
}

const SCRIPT_KEYS: ReadonlySet<string> = new Set(['script', 'exec', 'cmd', 'command', 'name']);
const LIST_HINT = 'Begin with `apps:` and a list of apps, each with a `script`.';

/** Finds the apps; null after an error that leaves nothing to look at. */
export function shapeOf(tree: Node, problems: Problems): Shape | null {
  if (tree.kind === 'list') return { apps: listed(tree.items, problems), root: null };
  if (tree.kind === 'scalar') {
    problems.add('CU1205', tree.span, 'The file holds a single value, not a mapping.', LIST_HINT);
    return null;
  }
  const entry = entryOf(tree, 'apps') ?? entryOf(tree, 'pm2');
  if (entry !== undefined) return { apps: appsOf(entry, problems), root: tree };
  if (entryOf(tree, 'include') !== undefined) return { apps: [], root: tree };
  if (looksLikeApp(tree)) return { apps: [{ mapping: tree, key: null, span: firstKey(tree) }], root: null };
  reportNoApps(tree, problems);
  return null;
}

function appsOf(entry: Entry, problems: Problems): readonly RawApp[] {
  const { value } = entry;
  if (value.kind === 'scalar') {
    if (isNull(value)) problems.add('CU1201', entry.keySpan, '`apps` has no apps.', LIST_HINT);
    else problems.add('CU1204', value.span, '`apps` must be a list of apps.', LIST_HINT);
    return [];
  }
  if (value.kind === 'list') {
    if (value.items.length === 0)
      problems.add('CU1206', value.span, 'The list of apps is empty: nothing will run.');
    return listed(value.items, problems);
  }
  if (value.entries.length === 0) {
    problems.add('CU1206', value.span, 'The mapping of apps is empty: nothing will run.');
    return [];
  }
  return isNamed(value) ? named(value, problems) : [{ mapping: value, key: null, span: entry.keySpan }];
}

function listed(items: readonly Node[], problems: Problems): readonly RawApp[] {
  return items.flatMap((item) => {
    if (item.kind === 'mapping') return [{ mapping: item, key: null, span: firstKey(item) }];
    const hint = 'Write `- script: ./server.js`.';
    problems.add('CU1204', item.span, 'An app must be a mapping with a `script`.', hint);
    return [];
  });
}

function named(apps: Mapping, problems: Problems): readonly RawApp[] {
  return apps.entries.flatMap((entry) => {
    if (isExtension(entry.key)) return [];
    if (entry.value.kind === 'mapping') return [{ mapping: entry.value, key: entry, span: entry.keySpan }];
    const message = `The app \`${entry.key}\` must be a mapping with a \`script\`.`;
    problems.add('CU1204', spanOf(entry), message, 'Write `script: ./server.js` below its name.');
    return [];
  });
}

/** Whether `apps` maps names to apps, rather than being one app itself. */
function isNamed(mapping: Mapping): boolean {
  if (mapping.entries.some(({ key }) => SCRIPT_KEYS.has(key))) return false;
  return mapping.entries.some(({ value, key }) => value.kind === 'mapping' && !APP_KEYS.has(key));
}

function looksLikeApp(mapping: Mapping): boolean {
  const keys = mapping.entries.map(({ key }) => canonicalKey(key, APP_KEYS));
  if (keys.includes('script')) return true;
  return mapping.entries.some(({ key, value }) => isProgramKey(key) && value.kind === 'scalar');
}

/** A key that only an app has; `name` alone could stand in any file. */
function isProgramKey(key: string): boolean {
  return ['instances', 'exec_mode', 'interpreter', 'node_args'].includes(canonicalKey(key, APP_KEYS) ?? '');
}

function reportNoApps(root: Mapping, problems: Problems): void {
  const keys = root.entries.filter(({ key }) => !isExtension(key));
  const deploy = keys.find(({ key }) => key === 'deploy');
  if (deploy !== undefined && keys.every(({ key }) => ROOT_KEYS.has(key))) {
    const hint = 'Add `apps:` with a list of apps; `deploy` is read by `pm2 deploy` alone.';
    problems.add('CU1202', deploy.keySpan, 'The file has a `deploy` section but no apps.', hint);
    return;
  }
  for (const { key, keySpan } of keys) {
    const hint = didYouMean(key, ['apps', 'script']);
    if (hint === null) continue;
    problems.add('CU1203', keySpan, `Nobody knows the key \`${key}\`.`, hint);
    return;
  }
  problems.add('CU1201', firstKey(root), 'The file has no `apps`.', LIST_HINT);
}

function firstKey(mapping: Mapping): Span {
  return mapping.entries[0]?.keySpan ?? mapping.span;
}
