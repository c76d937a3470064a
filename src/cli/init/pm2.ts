/** A first file from one of PM2's: it runs unchanged, so it is taken over as it is. */
import path from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { asYaml } from '../../config/write/write-ecosystem.ts';
import { blankComments } from '../../config/read/json.ts';
import { disk, parseEcosystem, type LoadOptions } from '../../config/load-ecosystem.ts';
import type { AppSpec } from '../../model/spec.ts';
import type { Folder } from './folder.ts';
import { SCHEMA_LINE } from './write.ts';

const YAML = /^(ecosystem\.config|pm2(\.config)?|process(es)?)\.ya?ml$/;
const JSON_FILE = /^(ecosystem(\.config)?|pm2(\.config)?|process(es)?)\.json$/;

/** The PM2 file of a folder, those in YAML first. */
export function pm2File(names: readonly string[]): string | null {
  return names.find((name) => YAML.test(name)) ?? names.find((name) => JSON_FILE.test(name)) ?? null;
}

/** The text of ecosystem.yml, or why there can be none. */
export function fromPm2(folder: Folder, name: string, options: LoadOptions): string | { error: string } {
  const text = (folder.text(name) ?? '').replace(/^\uFEFF/, '');
  const file = path.join(folder.path, name);
  const body = YAML.test(name) ? text : asYaml(text, file);
  const before = apps(text, file, options);
  const why = `${name} is a PM2 file with errors: \`cluster-up validate ${name}\` shows them`;
  if (before === null || body === null) return { error: why };
  const isBare = YAML.test(name) || blankComments(text) === text.replaceAll('\t', ' ');
  const lost = isBare ? '' : '; its comments stayed there';
  const heading = `# Taken over from ${name} by \`cluster-up init\`${lost}.\n`;
  const written = `${body.includes('yaml-language-server:') ? '' : `${SCHEMA_LINE}\n`}${heading}${body}`;
  const after = apps(written, path.join(folder.path, 'ecosystem.yml'), options);
  if (isDeepStrictEqual(before, after)) return written;
  return { error: `${name} cannot be taken over as YAML: \`cluster-up ${name}\` runs it as it is` };
}

/** What a text means, but for where it says so; null for one with errors. */
function apps(text: string, file: string, options: LoadOptions): readonly Omit<AppSpec, 'lines'>[] | null {
  const { desired } = parseEcosystem(text, file, { ...options, files: disk });
  return desired?.apps.map((app) => ({ ...app, lines: {} })) ?? null;
}
