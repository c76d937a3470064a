/** The complaints of the yaml library, in plain words and at the place that a person must change. */
import { isScalar, visit } from 'yaml';
import type { Document, Range, YAMLError } from 'yaml';
import type { Code } from '../diagnostics/codes.ts';
import type { Span } from '../diagnostics/positions.ts';

export interface Complaint {
  readonly code: Code;
  readonly span: Span;
  readonly message: string;
  readonly hint: string | null;
}

/** What to report for the first error of a document; the rest mostly follows from it. */
export function explain(error: YAMLError, text: string, document: Document.Parsed): Complaint {
  const [start, end] = error.pos;
  const span = { start, end: Math.max(end, start + 1) };
  if (error.code === 'RESOURCE_EXHAUSTION') return tooDeep(span);
  const tab = error.code === 'TAB_AS_INDENT' ? start : tabBefore(text, start);
  if (tab !== null) return indentedByTab(tab);
  if (error.code === 'MULTIPLE_DOCS') return severalDocuments(start);
  const quote = error.message.startsWith('Missing closing') ? openQuote(document, start) : null;
  if (quote !== null) return unclosedQuote(text, quote);
  const misplaced = misplacedLine(error, text, document);
  if (misplaced !== null) {
    const hint = 'Keys of one mapping begin in one column, indented further than what they belong to.';
    const message = 'This line is indented differently from the lines that it belongs with.';
    return { code: 'CU1107', span: firstWord(text, misplaced), message, hint };
  }
  if (text.startsWith('${', start - 1)) {
    const message = 'Between brackets, a value with `${…}` needs quotes, because `{` begins a mapping there.';
    return { code: 'CU1101', span: firstWord(text, start - 1), message, hint: 'Write `"${NAME}"`.' };
  }
  const open = openBracket(error);
  if (open !== null) return unclosedBracket(open, bracketBefore(text, document, start));
  const message = `${PLAIN[error.code] ?? error.message}.`;
  return { code: 'CU1101', span: firstWord(text, start), message, hint: HINTS[error.code] ?? null };
}

/** The bracket that a list or mapping in brackets lacks, or null. */
function openBracket({ message }: YAMLError): ']' | '}' | null {
  const found = /^Flow \w+ .*end with a ([\]}])$/.exec(message)?.[1];
  return found === ']' || found === '}' ? found : null;
}

/** Where the innermost list or mapping in brackets begins that has no end before `offset`. */
function bracketBefore(text: string, document: Document.Parsed, offset: number): number {
  let found = offset;
  const look = (_: unknown, node: { range?: Range | null | undefined; flow?: boolean | undefined }): void => {
    const [begin, end] = node.range ?? [0, 0];
    const closed = /[\]}]/.test(text.charAt(end - 1)) && end - 1 > begin;
    if (node.flow === true && begin < offset && !closed) found = begin;
  };
  visit(document, { Map: look, Seq: look });
  return found;
}

/** The offset of a line whose indentation is the problem, or null. */
function misplacedLine(error: YAMLError, text: string, document: Document.Parsed): number | null {
  const [start] = error.pos;
  if (error.code === 'BAD_INDENT' || error.message.startsWith('Sequence item without')) {
    // An unclosed bracket looks like bad indentation to the library.
    return error.message.startsWith('Flow') ? null : start;
  }
  // A line indented too far is read as going on with the value before it, and then has a colon of its own.
  const goesOn = document.errors.some(
    ({ code, pos }) => code === 'MULTILINE_IMPLICIT_KEY' && pos[0] === start,
  );
  const next = text.indexOf('\n', start);
  return error.code === 'BLOCK_AS_IMPLICIT_KEY' && goesOn && next !== -1 ? next + 1 : null;
}

const PLAIN: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'A second `key: value` begins inside of a value',
  MULTILINE_IMPLICIT_KEY: 'This line has no `: ` between a key and its value',
  BLOCK_IN_FLOW: 'A comma or a closing bracket is missing before this',
  UNEXPECTED_TOKEN: 'This does not belong here, after the end of a value',
  BAD_SCALAR_START: 'A value that begins with this character needs quotes',
};

const HINTS: Readonly<Record<string, string>> = {
  BLOCK_AS_IMPLICIT_KEY: 'Align the line with the one above it, or quote a value that holds `: `.',
  MULTILINE_IMPLICIT_KEY: 'Write `key: value`, with a space after the colon.',
  UNEXPECTED_TOKEN: 'Look for a comma too many or too few.',
  BAD_SCALAR_START: 'Put the value in quotes.',
};

export function tooDeep(span: Span): Complaint {
  return {
    code: 'CU1109',
    span,
    message: 'The file is nested too deeply.',
    hint: 'Look for brackets that are never closed.',
  };
}

function severalDocuments(start: number): Complaint {
  return {
    code: 'CU1104',
    span: { start, end: start + 3 },
    message: 'The file holds more than one YAML document.',
    hint: 'Put all apps into one list and remove the `---`.',
  };
}

function unclosedQuote(text: string, quote: number): Complaint {
  return {
    code: 'CU1108',
    span: { start: quote, end: quote + 1 },
    message: `The quote ${text.charAt(quote)} that begins here is not closed.`,
    hint: 'Close it on the same line.',
  };
}

function unclosedBracket(closer: ']' | '}', begin: number): Complaint {
  return {
    code: 'CU1101',
    span: { start: begin, end: begin + 1 },
    message: `The ${closer === ']' ? 'list' : 'mapping'} that begins here has no \`${closer}\`.`,
    hint: `Add \`${closer}\` where it ends.`,
  };
}

function indentedByTab(tab: number): Complaint {
  const span = { start: tab, end: tab + 1 };
  return {
    code: 'CU1102',
    span,
    message: 'A tab indents this line; YAML allows only spaces there.',
    hint: 'Replace the tab by spaces.',
  };
}

/** A tab in the indentation of the line of an error or of the one before it. */
function tabBefore(text: string, offset: number): number | null {
  const lineStart = text.lastIndexOf('\n', offset - 1) + 1;
  const from = text.lastIndexOf('\n', lineStart - 2) + 1;
  const found = /^ *\t/m.exec(text.slice(from, offset + 1));
  return found === null ? null : from + found.index + found[0].length - 1;
}

/** Where the quoted scalar begins that still runs at `end`. */
function openQuote(document: Document.Parsed, end: number): number | null {
  let found: number | null = null;
  visit(document, {
    Scalar(_, node) {
      const quoted = isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE');
      if (quoted && node.range && node.range[0] <= end && node.range[1] >= end) found = node.range[0];
    },
  });
  return found;
}

/** The word at an offset, so that something visible is underlined. */
function firstWord(text: string, offset: number): Span {
  const skipped = /^[ ]*/.exec(text.slice(offset))?.[0].length ?? 0;
  const start = offset + skipped;
  const length = /^[^\s]+/.exec(text.slice(start, start + 200))?.[0].length ?? 1;
  return { start, end: start + length };
}
