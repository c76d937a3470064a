/**
 * Masks what may be secret in the text of a file of which there is no tree, or no whole one: where the YAML is broken,
 * nothing says for sure what is a value, so all is masked but the names of keys and the few values that tell nothing.
 */
import { environmentOf, isKnownKey } from './canonical-keys.ts';
import { isSecretName, isSecretText } from '../../shared/secrets.ts';

/** A key at the start of a line or behind a bracket, brace or comma, with what stands before it. */
const KEY = /^(\s*(?:[-?]\s+)*)("[\w $./-]*"|'[\w $./-]*'|[\w$./-]+)(\s*:)(?=\s|$|["'{[])/;
/** Values that tell nothing: people need them to find the place. */
const HARMLESS =
  /^\s*(["']?)(?:\d{1,5}|true|false|null|max|cluster|fork|\.{1,2}\/[\w./-]{0,80}|[\w-]{1,40}\.(?:[cm]?[jt]s|py|sh))?\1\s*$/;
const BLOCK_SCALAR = /(?:^|\s)[|>][-+\d]*\s*(?:#.*)?$/;

/** What is masked besides values that look secret: every value, or those of environments. */
export type Masked = 'all' | 'environments';

/** `text` of the same length, its secrets' letters and digits masked. */
export function maskText(text: string, what: Masked): string {
  const mask = new TextMask(what);
  return text.replace(/[^\r\n]+/g, (line) => mask.line(line));
}

/** The names of variables in `${…}` stay, since they are what messages are about. */
export function masked(value: string): string {
  return value.replace(/(\$\{\w+)|[\p{L}\p{N}]/gu, (char: string, reference: string | undefined) => {
    return reference ?? '•'.repeat(char.length);
  });
}

class TextMask {
  readonly #what: Masked;
  /** All that is indented more than this belongs to an environment, to a secret key or to a text of several lines. */
  #hiddenBelow = Infinity;
  /** The quote that a value of several lines ends with. */
  #quote: string | null = null;
  /** The brackets that are open, and how many were when one of an environment opened. */
  #brackets = '';
  #hiddenDepth = Infinity;

  constructor(what: Masked) {
    this.#what = what;
  }

  line(line: string): string {
    if (this.#quote !== null) return this.#inQuote(line);
    // A comment may be a value that somebody took out, and ends no block.
    if (/^\s*#/.test(line)) return this.#isHidden || this.#what === 'all' ? masked(line) : maskWords(line);
    const indent = /^[\s-]*/.exec(line)?.[0].length ?? 0;
    if (line.trim() !== '' && indent <= this.#hiddenBelow) this.#hiddenBelow = Infinity;
    const key = this.#keyOf(line, /^\s*[-?]/.test(line));
    const [head = '', before = '', name = ''] = key ?? [];
    const value = line.slice(head.length);
    const isHidden = this.#isHidden || isHiddenKey(unquoted(name));
    // Also where brackets are open: nobody knows whether they are meant.
    if (key !== null && (isHidden || BLOCK_SCALAR.test(value)))
      this.#hiddenBelow = Math.min(this.#hiddenBelow, before.length);
    if (this.#brackets !== '' || /^\s*(?:-\s+)*[{[]/.test(line)) return this.#flow(line);
    if (key === null) return isHidden || this.#what === 'all' ? masked(line) : maskWords(line);
    if (/^\s*[{[]/.test(value)) {
      if (isHidden) this.#hiddenDepth = Math.min(this.#hiddenDepth, this.#brackets.length);
      return head + this.#flow(value);
    }
    this.#openQuote(value);
    return head + this.#value(value, isHidden);
  }

  get #isHidden(): boolean {
    return this.#hiddenBelow < Infinity || this.#hiddenDepth < Infinity;
  }

  /** Flow style and JSON: keys stand behind `{` and `,`. */
  #flow(line: string): string {
    const parts = line.match(/"(?:[^"\\]|\\.)*"?|'[^']*'?|[{}[\],]|[^"'{}[\],]+/g) ?? [];
    let out = '';
    let at = 0;
    let pending = '';
    const flush = (): void => {
      out += this.#entry(pending);
      pending = '';
    };
    for (const part of parts) {
      at += part.length;
      if (!/^[{}[\],]$/.test(part)) {
        pending += part;
        // A quote that the line does not close.
        if (/^["']/.test(part) && (part.length === 1 || !part.endsWith(part.charAt(0))) && at === line.length)
          this.#quote = part.charAt(0);
        continue;
      }
      if (part === '{' || part === '[') {
        const name = KEY.exec(pending)?.[2];
        if (name !== undefined && isHiddenKey(unquoted(name)))
          this.#hiddenDepth = Math.min(this.#hiddenDepth, this.#brackets.length);
      }
      flush();
      if (part === '{' || part === '[') this.#brackets += part;
      else if (part !== ',') this.#brackets = this.#brackets.slice(0, -1);
      if (this.#brackets.length <= this.#hiddenDepth && part !== ',' && part !== '{' && part !== '[')
        this.#hiddenDepth = Infinity;
      out += part;
    }
    flush();
    return out;
  }

  #entry(text: string): string {
    const key = this.#keyOf(text, this.#brackets.endsWith('['));
    if (key === null) return this.#isHidden || this.#what === 'all' ? masked(text) : maskWords(text);
    const [head, , name = ''] = key;
    return head + this.#value(text.slice(head.length), this.#isHidden || isHiddenKey(unquoted(name)));
  }

  /** @param isItem of a list: there a colon may have come behind a value, so that only what is known counts as a key */
  #keyOf(text: string, isItem: boolean): RegExpExecArray | null {
    const key = KEY.exec(text);
    return isItem && this.#what === 'all' && !isKnownKey(unquoted(key?.[2] ?? '')) ? null : key;
  }

  #value(value: string, isHidden: boolean): string {
    if (isHidden) return masked(value);
    if (HARMLESS.test(value) && !isSecretText(unquoted(value.trim()))) return value;
    return this.#what === 'all' ? masked(value) : maskWords(value);
  }

  #openQuote(value: string): void {
    const text = value.trim();
    const quote = /^["']/.exec(text)?.[0];
    if (quote === undefined) return;
    const inside = text.slice(1).replace(/\\./g, '');
    if (!inside.includes(quote)) this.#quote = quote;
  }

  #inQuote(line: string): string {
    if (line.includes(this.#quote ?? '')) this.#quote = null;
    return masked(line);
  }
}

/** Whether nothing below a key is shown: environments, extensions, which may be part of one, and secrets by their name. */
export function isHiddenKey(key: string): boolean {
  return key === 'env' || /^(x-|\.)/.test(key) || environmentOf(key) !== null || isSecretName(key);
}

/** What looks secret among the words of a text. */
function maskWords(text: string): string {
  return text.replace(/[^\s"',{}[\]]+/g, (word) =>
    isSecretText(word.replace(/^-{0,2}[\w.-]+=/, '')) || isSecretOption(word) ? masked(word) : word,
  );
}

function isSecretOption(word: string): boolean {
  const name = /^(-{0,2}[\w.-]+)=./.exec(word)?.[1];
  return name !== undefined && isSecretName(name);
}

function unquoted(text: string): string {
  return text.replace(/^(["'])(.*)\1$/s, '$2');
}
