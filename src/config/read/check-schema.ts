/** Validation by the schema: each place that is wrong gets one message. */
import { maskCommandLine } from '../../shared/mask.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { Problems } from '../diagnostics/problems.ts';
import type { SchemaError, Validate } from '../schema/vocabulary.ts';
import { didYouMean } from '../../shared/suggest.ts';
import { descend, spanOf, toPlain } from './nodes.ts';
import type { Entry, Mapping, Node } from './nodes.ts';

/** Reports what the schema refuses; answers which keys of `mapping` are wrong. */
export function check(mapping: Mapping, validate: Validate, problems: Problems): ReadonlySet<string> {
  const wrong = new Set<string>();
  if (validate(toPlain(mapping))) return wrong;
  const told = new Set<string>();
  for (const error of validate.errors ?? []) {
    const path = error.instancePath.split('/').slice(1).map(unescapePointer);
    if (error.keyword === 'if' || error.keyword === 'anyOf') continue;
    const place =
      error.keyword === 'additionalProperties' ? `${error.instancePath}/${extra(error)}` : error.instancePath;
    wrong.add(path[0] ?? extra(error));
    if (told.has(place)) continue;
    told.add(place);
    report(error, path, mapping, problems);
  }
  return wrong;
}

function report(error: SchemaError, path: readonly string[], mapping: Mapping, problems: Problems): void {
  const { node, entry } = descend(mapping, path);
  if (error.keyword === 'additionalProperties') {
    reportUnknown(error, path, node, problems);
    return;
  }
  const span = entry === null ? node.span : placeOf(entry, problems);
  if (isEnvironment(path[0]) && path.length > 1) {
    const message = `\`${path.join('.')}\` must be one value, not ${kindOf(node)}.`;
    problems.add('CU1303', span, message, 'Write it as one quoted string.');
    return;
  }
  const choices = error.keyword === 'enum' ? error.parentSchema.enum : error.parentSchema['x-values'];
  const expected = error.parentSchema['x-expects'] ?? 'something else';
  const [name, subject] = [path.join('.'), nameOf(path)];
  if (error.keyword === 'required') {
    problems.add('CU1301', span, `\`${name}\` must be ${expected}.`);
    return;
  }
  const message = `${subject} must be ${expected}, not ${isEnvironment(path[0]) ? kindOf(node) : shown(node)}.`;
  const text = node.kind === 'scalar' ? String(node.value) : '';
  const hint = choices === undefined ? null : didYouMean(text, choices);
  problems.add(error.keyword === 'enum' ? 'CU1302' : 'CU1301', span, message, hint);
}

/** The value if it is on the line of its key; of what goes on over several lines, the key. */
function placeOf(entry: Entry, problems: Problems): Span {
  const { keySpan, value } = entry;
  const [from, to] = [keySpan.start, value.span.end].map((offset) => problems.line(offset));
  return value.span.start > keySpan.start && from === to ? value.span : spanOf(entry);
}

function reportUnknown(error: SchemaError, path: readonly string[], node: Node, problems: Problems): void {
  const key = extra(error);
  const entry = node.kind === 'mapping' ? node.entries.find((candidate) => candidate.key === key) : undefined;
  const where = path.length === 0 ? '' : ` in \`${path.join('.')}\``;
  const known = Object.keys(error.parentSchema.properties ?? {});
  const hint = didYouMean(key, known) ?? 'Remove it, or begin it with `x-` if it is your own.';
  problems.add('CU1203', entry?.keySpan ?? node.span, `Nobody knows the key \`${key}\`${where}.`, hint);
}

/** `instances`, or `The 2nd item of args` would be too much: `args[1]`. */
function nameOf(path: readonly string[]): string {
  return `\`${path.map((step, i) => (/^\d+$/.test(step) ? `[${step}]` : i === 0 ? step : `.${step}`)).join('')}\``;
}

/** A value in a message. Values of variables never come here, and no other secret is told. */
function shown(node: Node): string {
  if (node.kind !== 'scalar') return kindOf(node);
  if (node.value === '') return 'an empty string';
  if (maskCommandLine(node.source) !== node.source) return 'what looks like a secret';
  const text = node.source.length > 40 ? `${node.source.slice(0, 40)}…` : node.source;
  return typeof node.value === 'string' ? `"${text}"` : text;
}

function kindOf(node: Node): string {
  return node.kind === 'list' ? 'a list' : node.kind === 'mapping' ? 'a mapping' : 'a single value';
}

function isEnvironment(key: string | undefined): boolean {
  return key === 'env' || (key?.startsWith('env_') === true && key !== 'env_file');
}

function extra(error: SchemaError): string {
  return error.params.additionalProperty ?? '';
}

function unescapePointer(step: string): string {
  return step.replaceAll('~1', '/').replaceAll('~0', '~');
}
