/**
 * JSON is YAML, but for comments and for tabs that indent: both become spaces, so that every offset stays. What is wrong
 * with JSON is told in its own terms, since YAML's complaints expect indentation to mean something.
 */
import type { Span } from '../diagnostics/positions.ts';
import type { Complaint } from './complaints.ts';

/** Whether a file is meant as JSON. */
export function isJson(text: string, file: string): boolean {
  return /\.json[c5]?$/i.test(file) || /^\s*(?:\{|\/\/|\/\*)/.test(text);
}

/** `text` with comments and tabs outside of strings turned into spaces. */
export function blankComments(text: string): string {
  if (!/\t|\/[/*]/.test(text)) return text;
  // A string, a comment that begins where a token could (so not the // of http://), or a tab.
  const tokens =
    /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|(?<=^|[\s,:{}[\]"'\d])\/\/[^\n]*|\/\*[\s\S]*?\*\/|\t/gm;
  return text.replace(tokens, (token, offset: number) => {
    if (token.startsWith('"') || token.startsWith("'")) return token;
    if (token.startsWith('//') && /[\w"']:$/.test(text.slice(Math.max(0, offset - 2), offset))) return token;
    return token.replace(/[^\n\r]/g, ' ');
  });
}

interface Token {
  readonly text: string;
  readonly span: Span;
}

/** A list or mapping that is open. */
interface Open {
  readonly token: Token;
  readonly closer: ']' | '}';
  /** What may come next. */
  next: 'value' | 'comma' | 'key' | 'colon';
}

const TOKEN = /"(?:[^"\\\n]|\\.)*(?:"|(?=\n)|$)|'(?:[^'\\\n]|\\.)*(?:'|(?=\n)|$)|[{}[\],:]|[^\s{}[\],:"']+/g;

/** The first thing that is no JSON, or null where all of it is, or where only YAML could read it. */
export function explainJson(text: string): Complaint | null {
  const found = Array.from(text.matchAll(TOKEN), ({ 0: token, index }) => ({
    text: token,
    span: { start: index, end: index + token.length },
  }));
  return scan(found);
}

function scan(tokens: readonly Token[]): Complaint | null {
  const stack: Open[] = [];
  for (const [i, token] of tokens.entries()) {
    const top = stack.at(-1);
    const complaint = /^["']/.test(token.text) ? unclosedString(token) : null;
    if (complaint !== null) return complaint;
    if (top !== undefined && (token.text === ']' || token.text === '}')) {
      if (token.text !== top.closer) return unclosed(top);
      stack.pop();
    } else if (token.text === ',' || token.text === ':') {
      if (top !== undefined) top.next = token.text === ':' ? 'value' : top.closer === '}' ? 'key' : 'value';
    } else {
      const wrong = top === undefined ? null : misplaced(top, token, tokens[i + 1]);
      if (wrong !== null) return wrong;
      if (top !== undefined) top.next = top.next === 'key' ? 'colon' : 'comma';
      if (token.text === '[') stack.push({ token, closer: ']', next: 'value' });
      else if (token.text === '{') stack.push({ token, closer: '}', next: 'key' });
    }
  }
  const last = stack.at(-1);
  return last === undefined ? null : unclosed(last);
}

/** A key or value where something else has to come first. */
function misplaced(top: Open, token: Token, next: Token | undefined): Complaint | null {
  const isKey = next?.text === ':';
  if (top.closer === ']' && isKey) return unclosed(top);
  if (top.next === 'comma') return noComma(token);
  return top.next === 'key' && !isKey ? noColon(token) : null;
}

function unclosedString({ text, span }: Token): Complaint | null {
  const quote = text.charAt(0);
  if (text.length > 1 && text.endsWith(quote)) return null;
  const message = `The quote ${quote} that begins here is not closed.`;
  return {
    code: 'CU1108',
    span: { start: span.start, end: span.start + 1 },
    message,
    hint: 'Close it on the same line.',
  };
}

function unclosed({ token, closer }: Open): Complaint {
  const message = `The ${closer === ']' ? 'list' : 'mapping'} that begins here has no \`${closer}\`.`;
  return { code: 'CU1101', span: token.span, message, hint: `Add \`${closer}\` where it ends.` };
}

function noComma({ span }: Token): Complaint {
  return {
    code: 'CU1101',
    span,
    message: 'A comma is missing before this.',
    hint: 'Put one behind the value before it.',
  };
}

function noColon({ span }: Token): Complaint {
  return { code: 'CU1101', span, message: 'This key has no colon and value.', hint: 'Write `"key": value`.' };
}
