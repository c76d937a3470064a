/** Plain data as an ecosystem file with comments. */
import { relative } from 'node:path';
import { Document, isCollection, isMap, isScalar, isSeq, parseDocument, Scalar, visit } from 'yaml';
import { Problems } from '../diagnostics/problems.ts';
import { canonicalKey } from '../read/canonical-keys.ts';
import { blankComments, isJson } from '../read/json.ts';
import { parseYaml } from '../read/syntax.ts';
import { APP_KEYS, BLOCK_KEYS, ROOT_KEYS } from '../schema/keys.generated.ts';
import type { KeyTable } from '../schema/vocabulary.ts';
import { sourceOfDeploy } from './deploy-block.ts';

/** What to write: data, and comments by the path of what they are about. */
export interface Writing {
  readonly value: unknown;
  readonly notes: readonly { readonly path: string; readonly text: string }[];
}

const SCHEMA = '# yaml-language-server: $schema=./node_modules/cluster-up/schemas/ecosystem.schema.json\n';

/** YAML or JSON as plain data, or what is wrong with it. */
export function readPlain(text: string, file: string): { value: unknown; problem: string | null } {
  const document = parseDocument(isJson(text, file) ? blankComments(text) : text, { merge: true });
  const [error] = document.errors;
  if (error !== undefined) return { value: null, problem: error.message };
  return { value: document.toJS({ maxAliasCount: 1000 }) as unknown, problem: null };
}

/** The file for PM2's configuration `source`, which lies in `folder`. */
export function writeEcosystem({ value, notes }: Writing, source: string, folder: string): string {
  const { apps, rest, prefix } = appsOf(value);
  const dropped: string[] = [];
  const renamed = apps.map((app, i) => {
    const { kept, ignored } = canonical(app, APP_KEYS);
    dropped.push(...ignored.map((why) => `apps[${i}].${why}`));
    return portable(kept, folder);
  });
  const { deploy, ...others } = rest;
  const deployed = sourceOfDeploy(deploy);
  const root = canonical(deployed === null ? rest : others, ROOT_KEYS);
  dropped.push(...root.ignored, ...(deployed?.dropped ?? []));
  const defaults = deployed === null ? {} : { defaults: { source: deployed.source } };
  const document = new Document({ ...root.kept, ...defaults, apps: renamed });
  const whole = notes.filter((note) => !comment(document, note, prefix));
  const head = [
    `Written by \`cluster-up import\` from ${source}.`,
    ...dropped.map((text) => `Left out: ${text}.`),
    ...(deployed === null ? [] : [`TODO: ${deployed.todo}`]),
    ...whole.map(({ path, text }) => `TODO: ${path === '' ? text : `${path} ${text}`}`),
  ];
  const lines = head.map((line) => `# ${line.replace(/\s+/g, ' ')}\n`).join('');
  return `${SCHEMA}${lines}${document.toString({ lineWidth: 110 })}`;
}

type Plain = Readonly<Record<string, unknown>>;

/** The apps in any of the shapes that PM2 reads; `prefix` is the path to them in the data. */
function appsOf(value: unknown): { apps: readonly Plain[]; rest: Plain; prefix: RegExp } {
  if (Array.isArray(value)) return { apps: value as Plain[], rest: {}, prefix: /^/ };
  const root = (value ?? {}) as Plain;
  const key = 'apps' in root ? 'apps' : 'pm2' in root ? 'pm2' : null;
  if (key === null) return { apps: [root], rest: {}, prefix: /^/ };
  const { [key]: apps, ...rest } = root;
  const list = Array.isArray(apps) ? (apps as Plain[]) : named((apps ?? {}) as Plain);
  return { apps: list, rest, prefix: new RegExp(`^${key}`) };
}

function named(apps: Plain): readonly Plain[] {
  const isOne = Object.keys(apps).some((key) => canonicalKey(key, APP_KEYS) === 'script');
  if (isOne) return [apps];
  return Object.entries(apps).map(([name, app]) => ({ name, ...(app as Plain) }));
}

/** Keys in their one spelling; those without meaning here are left out, with the reason. */
function canonical(part: Plain, table: KeyTable): { kept: Plain; ignored: readonly string[] } {
  const kept: Record<string, unknown> = {};
  const ignored: string[] = [];
  for (const [key, value] of Object.entries(part)) {
    if (value === null || value === undefined) continue;
    const name = canonicalKey(key, table) ?? key;
    const info = table.get(name);
    if (info?.ignored !== undefined) ignored.push(`${key} (${info.ignored})`);
    else if (!(name in kept) || key === name) kept[name] = inner(value, info?.block);
  }
  return { kept, ignored };
}

function inner(value: unknown, block: string | undefined): unknown {
  const table = block === undefined ? undefined : BLOCK_KEYS.get(block);
  if (table === undefined || value === null || typeof value !== 'object') return value;
  return canonical(value as Plain, table).kept;
}

/** `__dirname` has become this machine's folder; relative to the file it is right everywhere. */
function portable(app: Plain, folder: string): Plain {
  const short = (value: unknown): unknown => {
    if (typeof value !== 'string' || (value !== folder && !value.startsWith(`${folder}/`))) return value;
    return `./${relative(folder, value)}`.replace(/^\.\/$/, '.');
  };
  const { name, cwd, script, ...rest } = app;
  return {
    ...('name' in app ? { name } : {}),
    ...('script' in app ? { script: cwd === undefined ? short(script) : script } : {}),
    ...('cwd' in app ? { cwd: short(cwd) } : {}),
    ...rest,
  };
}

/** Puts a note behind the value it is about; false where the file has no such place. */
function comment(
  document: Document,
  { path, text }: { path: string; text: string },
  prefix: RegExp,
): boolean {
  if (path === '') return false;
  const steps = path.replace(prefix, '').match(/[^.[\]]+/g) ?? [];
  const known = steps.map((step, i) => (i === 1 ? (canonicalKey(step, APP_KEYS) ?? step) : step));
  const node = document.getIn(
    ['apps', ...known.map((step) => (/^\d+$/.test(step) ? Number(step) : step))],
    true,
  );
  if (!(node instanceof Scalar) || isMap(node) || isSeq(node)) return false;
  node.comment = ` TODO: ${text}`;
  return true;
}

/** Turns JSON into blocks without needless quotes; null where the text cannot be read. Comments of JSON are lost. */
export function asYaml(text: string, file: string): string | null {
  const document = parseYaml(text, file, new Problems(file, text));
  if (document === null) return null;
  visit(document, (_key, node) => {
    if (isCollection(node)) node.flow = false;
    else if (isScalar(node)) delete node.type;
  });
  return document.toString({ lineWidth: 0 });
}
