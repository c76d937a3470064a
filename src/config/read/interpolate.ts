/** `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `$$` in one string. */

export type Variables = Readonly<Record<string, string | undefined>>;

export type Trouble =
  | {
      readonly kind: 'missing';
      readonly name: string;
      readonly message: string | null;
      readonly text: string;
    }
  | { readonly kind: 'malformed'; readonly text: string };

export interface Expansion {
  readonly text: string;
  readonly troubles: readonly Trouble[];
  /** Variables that were looked at, with what they gave: part of the generation. */
  readonly used: readonly (readonly [string, string | null])[];
}

interface Expanding {
  readonly variables: Variables;
  readonly troubles: Trouble[];
  readonly used: [string, string | null][];
}

/** Expands `text`; each trouble names the piece of text it is about. */
export function interpolate(text: string, variables: Variables): Expansion {
  const expanding: Expanding = { variables, troubles: [], used: [] };
  return { text: expand(text, expanding), troubles: expanding.troubles, used: expanding.used };
}

function expand(text: string, expanding: Expanding): string {
  let out = '';
  for (let at = 0; at < text.length;) {
    const next = text.indexOf('$', at);
    if (next === -1) return out + text.slice(at);
    out += text.slice(at, next);
    at = next + 2;
    if (text[next + 1] === '$') out += '$';
    else if (text[next + 1] !== '{') [out, at] = [`${out}$`, next + 1];
    else {
      const end = closing(text, next + 2);
      out += reference(text.slice(next, end), expanding);
      at = end;
    }
  }
  return out;
}

/** The offset after the brace that closes the one before `from`; braces nest in defaults. */
function closing(text: string, from: number): number {
  for (let at = from, depth = 1; at < text.length; at++) {
    if (text.startsWith('${', at)) depth += 1;
    else if (text[at] === '}' && --depth === 0) return at + 1;
  }
  return text.length;
}

/** One `${…}`. */
function reference(text: string, expanding: Expanding): string {
  const match = /^\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:?)([-?])([\s\S]*))?\}$/.exec(text);
  const name = match?.[1];
  if (match === null || name === undefined) {
    expanding.troubles.push({ kind: 'malformed', text });
    return text;
  }
  const [, , colon, operator, word = ''] = match;
  const value = Object.hasOwn(expanding.variables, name) ? expanding.variables[name] : undefined;
  expanding.used.push([name, value ?? null]);
  if (value !== undefined && !(colon === ':' && value === '')) return value;
  if (operator === '-') return expand(word, expanding);
  expanding.troubles.push({ kind: 'missing', name, message: word === '' ? null : word, text });
  return '';
}
