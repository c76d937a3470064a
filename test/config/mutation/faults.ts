/** Twenty kinds of fault: each changes one place of a good file, and says where that is. */
import type { GoodFile, Random } from './good.ts';

export interface Mutated {
  readonly text: string;
  readonly line: number;
  readonly column: number;
}

export interface Fault {
  readonly name: string;
  /** A fault is one of these codes; in JSON the same slip may be another. */
  readonly codes: readonly string[];
  readonly make: (file: GoodFile, random: Random) => Mutated;
}

/** A line of the file that sets `key`. */
interface Line {
  readonly index: number;
  /** All before the key, with its quote in JSON. */
  readonly before: string;
  readonly key: string;
  /** Between key and value. */
  readonly colon: string;
  readonly value: string;
  /** The comma in JSON. */
  readonly after: string;
}

const newline = (text: string): string => (text.includes('\r\n') ? '\r\n' : '\n');

function linesOf({ text }: GoodFile): string[] {
  return text.split(/\r?\n/);
}

/** A random line that sets one of `keys`. */
function find(file: GoodFile, random: Random, ...keys: readonly string[]): Line {
  const pattern = new RegExp(`^(\\s*(?:- )?"?)(${keys.join('|')})("?: ?)(.*?)(,?)$`);
  const found = linesOf(file).flatMap((line, index) => {
    const match = pattern.exec(line);
    if (match === null) return [];
    const [, before = '', key = '', colon = '', value = '', after = ''] = match;
    return [{ index, before, key, colon, value, after }];
  });
  if (found.length === 0) throw new Error(`${file.name} has no ${keys.join(', ')}`);
  return random.pick(found);
}

function replaceLine(
  file: GoodFile,
  index: number,
  replacement: string,
  column: number,
  line = index + 1,
): Mutated {
  const lines = linesOf(file);
  lines[index] = replacement;
  return { text: lines.join(newline(file.text)), line, column };
}

/** Another value for a key; in JSON as JSON. */
function value(key: string | readonly string[], wrong: string | number | readonly unknown[]): Fault['make'] {
  return (file, random) => {
    const line = find(file, random, ...[key].flat());
    const written = file.json || typeof wrong === 'object' ? JSON.stringify(wrong) : String(wrong);
    const start = `${line.before}${line.key}${line.colon}`;
    return replaceLine(file, line.index, start + written + line.after, start.length + 1);
  };
}

/** Two letters of a key change places. */
function typo(...keys: readonly string[]): Fault['make'] {
  return (file, random) => {
    const { index, before, key, colon, value: written, after } = find(file, random, ...keys);
    const at = 1 + random.below(key.length - 3);
    const swapped = key.slice(0, at) + key.charAt(at + 1) + key.charAt(at) + key.slice(at + 2);
    const misspelt = swapped === key ? `${key}x` : swapped;
    // The quote in JSON belongs to the key.
    return replaceLine(
      file,
      index,
      before + misspelt + colon + written + after,
      before.length + (file.json ? 0 : 1),
    );
  };
}

/** A new line after the one that sets `key`, at the same level. */
function inserted(key: string, text: (indent: string) => string, json: string, offset = 0): Fault['make'] {
  return (file, random) => {
    const line = find(file, random, key);
    const indent = line.before.replace('-', ' ').replace('"', '');
    const lines = linesOf(file);
    lines.splice(
      line.index,
      1,
      ...(file.json
        ? [`${indent}${json},`, lines[line.index] ?? '']
        : [lines[line.index] ?? '', text(indent)]),
    );
    const at = line.index + (file.json ? 1 : 2);
    return { text: lines.join(newline(file.text)), line: at, column: indent.length + 1 + offset };
  };
}

const duplicate: Fault['make'] = (file, random) => {
  const line = find(file, random, 'kill_timeout', 'instances', 'LOG_LEVEL');
  const lines = linesOf(file);
  const again = `${line.before.replace('-', ' ')}${line.key}${line.colon}${line.value}`;
  lines.splice(
    line.index,
    1,
    `${line.before}${line.key}${line.colon}${line.value}${file.json ? ',' : ''}`,
    again + line.after,
  );
  return {
    text: lines.join(newline(file.text)),
    line: line.index + 2,
    column: line.before.length + (file.json ? 0 : 1),
  };
};

/** One space too few before a key; in JSON, where spaces mean nothing, a comma too few. */
const badIndent: Fault['make'] = (file, random) => {
  const line = find(file, random, 'PORT');
  if (!file.json)
    return replaceLine(
      file,
      line.index,
      `${line.before.slice(1)}PORT${line.colon}${line.value}`,
      line.before.length,
    );
  const { index, before, key, colon, value: written } = find(file, random, 'instances', 'kill_timeout');
  const next = linesOf(file)[index + 1] ?? '';
  const column = next.length - next.trimStart().length + 1;
  // An app may end here; then the fault is a comma too many.
  if (/^\s*[}\]]/.test(next)) return value('exec_mode', 'both')(file, random);
  return replaceLine(file, index, before + key + colon + written, column, index + 2);
};

const unclosedQuote: Fault['make'] = (file, random) => {
  const line = find(file, random, 'script');
  const start = `${line.before}${line.key}${line.colon}`;
  const bare = line.value.replace(/^["']|["']$/g, '');
  return replaceLine(file, line.index, `${start}"${bare}`, start.length + 1);
};

const tab: Fault['make'] = (file, random) => {
  if (file.json) return value('kill_timeout', '5 parsecs')(file, random);
  const line = find(file, random, 'LOG_LEVEL');
  const half = line.before.slice(0, -1);
  return replaceLine(file, line.index, `${half}\t${line.key}${line.colon}${line.value}`, half.length + 1);
};

const noColon: Fault['make'] = (file, random) => {
  const { index, before, key, value: written, after } = find(file, random, 'PORT');
  if (file.json) return replaceLine(file, index, `${before}${key}" ${written}${after}`, before.length);
  return replaceLine(file, index, `${before}${key} ${written}`, before.length + 1);
};

const unclosedBracket: Fault['make'] = (file, random) => {
  if (file.json) {
    const lines = linesOf(file);
    const open = lines.flatMap((line, index) => (line.endsWith('"args": [') ? [index] : []));
    const index = random.pick(open);
    const close = lines.findIndex((line, at) => at > index && /^\s*\],?$/.test(line));
    lines.splice(close, 1);
    return { text: lines.join(newline(file.text)), line: index + 1, column: (lines[index] ?? '').length };
  }
  const line = find(file, random, 'args');
  const start = `${line.before}${line.key}${line.colon}`;
  return replaceLine(file, line.index, start + line.value.slice(0, -1), start.length + 1);
};

/** A variable that is not set, in the middle of a value. */
function variable(reference: string): Fault['make'] {
  return (file, random) => {
    // Those of `env_production` are not read without `--env production`.
    const line = find(file, random, 'PORT');
    const quote = file.json ? '"' : '';
    const start = `${line.before}${line.key}${line.colon}${quote}very-`;
    return replaceLine(file, line.index, `${start}${reference}${quote}${line.after}`, start.length + 1);
  };
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'a typo in a key',
    codes: ['CU1203'],
    make: typo('instances', 'exec_mode', 'kill_timeout', 'autorestart'),
  },
  { name: 'a typo in a nested key', codes: ['CU1203'], make: typo('max_surge', 'deadline') },
  { name: 'a word for a number', codes: ['CU1301'], make: value('instances', 'many') },
  { name: 'a typo in a choice', codes: ['CU1302'], make: value('exec_mode', 'clutser') },
  { name: 'an unknown unit', codes: ['CU1301'], make: value('kill_timeout', '5 parsecs') },
  { name: 'a unit where a share belongs', codes: ['CU1301'], make: value('max_surge', '3s') },
  { name: 'a number out of range', codes: ['CU1301'], make: value('instances', -100) },
  { name: 'a negative duration', codes: ['CU1301'], make: value('deadline', -5) },
  { name: 'a word for true or false', codes: ['CU1301'], make: value('autorestart', 'perhaps') },
  { name: 'a list in a variable', codes: ['CU1303'], make: value('LOG_LEVEL', ['a', 'b']) },
  { name: 'a list for a choice', codes: ['CU1301', 'CU1302'], make: value('exec_mode', ['cluster']) },
  {
    name: 'a key at the wrong level',
    codes: ['CU1209'],
    make: inserted('LOG_LEVEL', (indent) => `${indent}max_restarts: 5`, '"max_restarts": 5'),
  },
  {
    name: 'a key that nobody knows',
    codes: ['CU1203'],
    make: inserted(
      'autorestart',
      (indent) => `${indent}restart_policy_name: always`,
      '"restart_policy_name": "always"',
    ),
  },
  { name: 'a key given twice', codes: ['CU1103'], make: duplicate },
  { name: 'bad indentation', codes: ['CU1107', 'CU1101', 'CU1302'], make: badIndent },
  { name: 'a quote that is not closed', codes: ['CU1108'], make: unclosedQuote },
  { name: 'a tab that indents', codes: ['CU1102', 'CU1301'], make: tab },
  { name: 'no colon', codes: ['CU1101'], make: noColon },
  { name: 'a bracket that is not closed', codes: ['CU1101'], make: unclosedBracket },
  { name: 'a variable that is not set', codes: ['CU1401'], make: variable('${NOT_SET}') },
];

/** Kinds beyond the twenty. */
export const MORE: readonly Fault[] = [
  { name: 'an interpolation that cannot be read', codes: ['CU1402'], make: variable('${1}') },
];
