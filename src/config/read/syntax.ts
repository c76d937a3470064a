/** Text to YAML document; the library's complaints become one diagnostic in plain words. */
import { parseDocument } from 'yaml';
import type { Document } from 'yaml';
import { explain, tooDeep } from './complaints.ts';
import type { Complaint } from './complaints.ts';
import { blankComments, explainJson, isJson } from './json.ts';
import type { Problems } from '../diagnostics/problems.ts';

/** More than any ecosystem needs, and less than the parser can take. */
const MAX_DEPTH = 500;

/** The document, or null where the text is not YAML. `base` is where the text begins among the sources. */
export function parseYaml(text: string, file: string, problems: Problems, base = 0): Document.Parsed | null {
  const complain = ({ code, span, message, hint }: Complaint): void =>
    problems.add(code, { start: base + span.start, end: base + span.end }, message, hint);
  const source = isJson(text, file) ? blankComments(text) : text;
  const document = parseQuietly(source);
  if (document === null) {
    complain(tooDeep({ start: 0, end: 1 }));
    return null;
  }
  for (const { code, pos, message } of document.warnings) {
    if (code !== 'TAG_RESOLVE_FAILED') continue;
    const span = { start: pos[0], end: pos[1] };
    complain({ code: 'CU1110', span, message: `${message}; the value is read without it.`, hint: null });
  }
  const error = document.errors.find(({ code }) => code === 'RESOURCE_EXHAUSTION') ?? document.errors[0];
  if (error === undefined) return document;
  complain((isJson(text, file) ? explainJson(source) : null) ?? explain(error, source, document));
  return null;
}

/** Whether a text was nested more deeply than it can be walked through: V8 says so, and means nothing else by it. */
export function isTooDeep(error: unknown): boolean {
  return error instanceof RangeError && error.message === 'Maximum call stack size exceeded';
}

/** The document with its complaints; null if it is nested too deeply to be looked at. */
function parseQuietly(source: string): Document.Parsed | null {
  if (unclosedBrackets(source) > MAX_DEPTH) return null;
  const { env } = process;
  const { stackTraceLimit } = Error;
  // At every token the library looks for LOG_TOKENS in the environment, to print it: each look is a call into the
  // system, and what it prints would be among our own output.
  process.env = {};
  // Bad input of a megabyte has a hundred thousand complaints; stack traces would take most of the time.
  Error.stackTraceLimit = 0;
  try {
    // Doubles and merges are resolved in build.ts, which can name both lines.
    return parseDocument(source, { prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    process.env = env;
  }
}

/** How many brackets are open at once, at most; those in strings count, as if nobody wrote so many. */
function unclosedBrackets(text: string): number {
  let [depth, deepest] = [0, 0];
  for (let i = 0; i < text.length; i++) {
    const char = text.charCodeAt(i);
    if (char === 0x5b || char === 0x7b) depth += 1;
    else if ((char === 0x5d || char === 0x7d) && depth > 0) depth -= 1;
    if (depth > deepest) deepest = depth;
  }
  return deepest;
}
