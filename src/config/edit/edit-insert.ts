/** Where a member that an app lacks is put into the text, in the manner of its neighbours. */
import type { Node as YamlNode, Pair, YAMLMap } from 'yaml';
import { spelling } from './edit-apps.ts';

/** A piece of text that takes the place of another; nothing around it changes. */
export interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

/** The text, and the same with what would disturb the parser blanked: see `Layout`. */
export interface Sources {
  readonly text: string;
  readonly source: string;
}

type Member = Pair<YamlNode, YamlNode | null>;

/** Adds `key: value` after the app's script, or its name; null for an app without any member. */
export function insertMember(sources: Sources, map: YAMLMap, key: string, value: string): Edit | null {
  const { text, source } = sources;
  const members = map.items as Member[];
  const neighbour =
    members.find((member) => spelling(member) === 'script') ??
    members.find((member) => spelling(member) === 'name') ??
    members[0];
  if (neighbour === undefined) return null;
  if (map.flow === true) return insertInFlow(sources, neighbour, key, value);
  const { start, end } = extent(neighbour);
  // The value of a block scalar reaches into the next line.
  const from = source[end - 1] === '\n' ? end - 1 : end;
  const at = lineEnd(source, from);
  return { start: at, end: at, text: `${lineBreak(text)}${indentOf(text, start)}${key}: ${value}` };
}

function insertInFlow({ text, source }: Sources, neighbour: Member, key: string, value: string): Edit {
  const { start, end } = extent(neighbour);
  const member = `${quotedLike(source.charAt(start), key)}${separator(source, neighbour)}${value}`;
  const isAlone = /^[ \t\uFEFF]*$/.test(source.slice(lineStart(source, start), start));
  if (!isAlone) return at(end, `,${spaceAfterComma(source, neighbour)}${member}`);
  const line = `${lineBreak(text)}${indentOf(text, start)}${member}`;
  // Past a comment that belongs to the neighbour.
  const rest = /^[ \t]*,[ \t]*(#[^\r\n]*)?(?=\r?\n)/.exec(source.slice(end));
  return rest === null ? at(end, `,${line}`) : at(lineEnd(source, end), `${line},`);
}

function at(offset: number, text: string): Edit {
  return { start: offset, end: offset, text };
}

function extent({ key, value }: Member): { start: number; end: number } {
  const [start = 0, keyEnd = 0] = key.range ?? [];
  return { start, end: Math.max(keyEnd, value?.range?.[1] ?? 0) };
}

/** `: `, or the colon without a space that JSON allows. */
function separator(source: string, { key, value }: Member): string {
  const between = source.slice(key.range?.[1] ?? 0, value?.range?.[0] ?? 0);
  return /^[ \t]*:[ \t]*$/.test(between) ? between : ': ';
}

/** `{"a":1,"b":2}` is written without spaces throughout. */
function spaceAfterComma(source: string, neighbour: Member): string {
  return separator(source, neighbour) === ':' ? '' : ' ';
}

function quotedLike(mark: string, key: string): string {
  return mark === '"' || mark === "'" ? mark + key + mark : key;
}

/** Spaces up to the column of `offset`: in `- name: api` those below `name`. */
function indentOf(text: string, offset: number): string {
  const before = text.slice(lineStart(text, offset), offset).replace('\uFEFF', '');
  return before.replace(/[^\t]/g, ' ');
}

function lineStart(source: string, offset: number): number {
  return source.lastIndexOf('\n', offset - 1) + 1;
}

/** The end of the line without its line break. */
function lineEnd(source: string, offset: number): number {
  const feed = source.indexOf('\n', offset);
  if (feed === -1) return source.length;
  return source[feed - 1] === '\r' ? feed - 1 : feed;
}

function lineBreak(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}
