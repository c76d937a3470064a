/** Finds where a config uses variables, by what changes when they are marked. */
import { escaped, literal } from '../../config/write/dollars.ts';
import { MARK } from './child.ts';
import type { Evaluation } from './evaluate.ts';

/** Something that a person has to look at; `path` is empty for the whole file. */
export interface Note {
  readonly path: string;
  readonly text: string;
}

export interface Imported {
  readonly value: unknown;
  readonly notes: readonly Note[];
}

/** The config with `${NAME}` or `${NAME:-default}` in place of what it takes from the environment. */
export function withVariables(plain: Evaluation, marked: Evaluation): Imported {
  const notes: Note[] = plain.lost.map((path) => ({
    path,
    text: 'is no data (a function?) and was left out',
  }));
  const placed = new Set<string>();
  const value = combine(plain.value, marked.value, '', { notes, placed });
  const unplaced = [...new Set([...plain.read, ...marked.read])].filter((name) => !placed.has(name));
  for (const name of unplaced) {
    const text = `The file looks at \`${name}\`, which was not set: check what depends on it.`;
    notes.push({ path: '', text });
  }
  // Without a variable, the file says what it said: nothing in it is read as one.
  return { value: placed.size === 0 ? literal(plain.value) : value, notes };
}

interface Combining {
  readonly notes: Note[];
  readonly placed: Set<string>;
}

function combine(plain: unknown, marked: unknown, path: string, combining: Combining): unknown {
  if (typeof marked === 'string' && marked.search(MARK) !== -1)
    return variable(plain, marked, path, combining);
  if (typeof plain === 'string') return escaped(plain);
  if (Array.isArray(plain)) {
    const others: readonly unknown[] = Array.isArray(marked) ? marked : [];
    return plain.map((item, i) => combine(item, others[i], `${path}[${i}]`, combining));
  }
  if (plain === null || typeof plain !== 'object') return plain;
  const other = (marked ?? {}) as Readonly<Record<string, unknown>>;
  // What is only there when a variable is set comes last.
  const keys = new Set([...Object.keys(plain), ...Object.keys(other)]);
  const entries = [...keys].flatMap((key) => {
    const inner = path === '' ? key : `${path}.${key}`;
    const combined = combine((plain as Record<string, unknown>)[key], other[key], inner, combining);
    return combined === undefined ? [] : [[key, combined] as const];
  });
  return Object.fromEntries(entries);
}

function variable(plain: unknown, marked: string, path: string, { notes, placed }: Combining): unknown {
  const names = [...marked.matchAll(MARK)].map(([, name = '']) => name);
  for (const name of names) placed.add(name);
  const [only] = names;
  const alone = only !== undefined && marked === `\u0001${only}\u0002`;
  const isDefault = typeof plain === 'string' || typeof plain === 'number' || typeof plain === 'boolean';
  if (alone && isDefault) return `\${${only}:-${escaped(String(plain))}}`;
  notes.push({ path, text: `needs ${names.map((name) => `\`${name}\``).join(', ')} to be set` });
  // A text made with a variable: what the file would put in for an unset one is no default that anyone meant.
  return escaped(marked).replace(MARK, '${$1}');
}
