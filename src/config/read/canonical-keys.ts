/** The keys of the file in their one spelling: aliases and camelCase are resolved, empty values left out. */
import { APP_KEYS, BLOCK_KEYS, ROOT_KEYS } from '../schema/keys.generated.ts';
import type { KeyTable } from '../schema/vocabulary.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { isNull } from './nodes.ts';
import type { Entry, Mapping, Node } from './nodes.ts';

/** The one spelling of a key, or null if nobody knows it. */
export function canonicalKey(key: string, table: KeyTable): string | null {
  const found = table.has(key) ? key : key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const info = table.get(found);
  return info === undefined ? null : (info.alias ?? found);
}

const TABLES = [ROOT_KEYS, APP_KEYS, ...BLOCK_KEYS.values()];

/** Whether it is a key anywhere in the file. */
export function isKnownKey(key: string): boolean {
  return TABLES.some((table) => canonicalKey(key, table) !== null);
}

/** `production` of `env_production`, or null. */
export function environmentOf(key: string): string | null {
  return key.startsWith('env_') && key !== 'env_file' && key.length > 4 ? key.slice(4) : null;
}

/** Keys that nobody reads: those of other tools, and comments, which JSON has no other place for. */
export function isExtension(key: string): boolean {
  return key.startsWith('x-') || key.startsWith('.') || isComment(key);
}

/** `"//"`, `"// cwd"`, `"_comment"`, `"_comment2"`, `"__comment__"`, `"#"`. */
export function isComment(key: string): boolean {
  return /^(?:\/\/|#|_+comments?(?:$|[\W_\d]))/i.test(key);
}

export interface CanonicalApp {
  readonly mapping: Mapping;
  /** Keys whose value is wrong and has been reported: whatever depends on them is not looked at. */
  readonly broken: Set<string>;
}

/** The app with every key in its one spelling. Unknown keys stay as they are, for the schema to refuse. */
export function canonicalApp(app: Mapping, problems: Problems): CanonicalApp {
  const broken = new Set<string>();
  const mapping = canonicalMapping(app, APP_KEYS, problems);
  const entries = mapping.entries.filter(({ key, value }) => {
    const bad = value.kind === 'scalar' && value.broken === true;
    if (bad) broken.add(key);
    return !bad && !isExtension(key);
  });
  return { mapping: { ...mapping, entries }, broken };
}

export function canonicalMapping(mapping: Mapping, table: KeyTable, problems: Problems): Mapping {
  const written = mapping.entries.filter(({ key, value }) => !isNull(value) && !isComment(key));
  const exact = (entry: Entry): boolean => canonicalKey(entry.key, table) === entry.key;
  if (written.every(exact)) {
    return { ...mapping, entries: written.map((entry) => canonicalEntry(entry, entry.key, table, problems)) };
  }
  const entries = new Map<string, Entry>();
  // The canonical spelling wins over the others, wherever it stands.
  for (const entry of [...written.filter(exact), ...written.filter((one) => !exact(one))]) {
    const key = canonicalKey(entry.key, table) ?? entry.key;
    const first = entries.get(key);
    if (first === undefined) entries.set(key, canonicalEntry(entry, key, table, problems));
    else {
      const message = `\`${entry.key}\` is another spelling of \`${key}\`, which is given on line ${problems.line(first.keySpan.start)}.`;
      problems.add('CU1208', entry.keySpan, message, `Keep only \`${key}\`.`);
    }
  }
  return { ...mapping, entries: [...entries.values()] };
}

function canonicalEntry(entry: Entry, key: string, table: KeyTable, problems: Problems): Entry {
  const info = table.get(key);
  const block = info?.block === undefined ? undefined : BLOCK_KEYS.get(info.block);
  if (block !== undefined && entry.value.kind === 'mapping') {
    return { ...entry, key, value: canonicalMapping(entry.value, block, problems) };
  }
  const value = info?.numeric === true ? asNumber(entry.value) : entry.value;
  return key === entry.key && value === entry.value ? entry : { ...entry, key, value };
}

/** PM2 reads `"4"` as 4. */
function asNumber(node: Node): Node {
  const text = node.kind === 'scalar' && typeof node.value === 'string' ? node.value.trim() : '';
  return node.kind === 'scalar' && /^[+-]?\d+$/.test(text) ? { ...node, value: Number(text) } : node;
}
