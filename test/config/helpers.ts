/** A small file system in memory, and shorthands to parse against it. */
import path from 'node:path';
import type { Files } from '../../src/config/read/file-access.ts';
import { parseEcosystem, type Loaded, type ParseOptions } from '../../src/config/load-ecosystem.ts';
import type { AppSpec } from '../../src/model/spec.ts';

export const FILE = '/srv/ecosystem.yml';

/** Files by absolute path; their folders exist too. Those below a `bin` or `.bin` folder are executable. */
export function fakeFiles(contents: Readonly<Record<string, string>>): Files {
  const folders = new Set(Object.keys(contents).flatMap(foldersOf));
  return {
    kind: (file) => (contents[file] !== undefined ? 'file' : folders.has(file) ? 'directory' : null),
    head: (file) => (contents[file] === undefined ? null : new TextEncoder().encode(contents[file])),
    text: (file) => contents[file] ?? null,
    whyNoText: (file) => (folders.has(file) ? 'it is a folder, and only regular files are read' : null),
    executable: (file) => /\/\.?bin\//.test(file),
    real: (file) => (contents[file] !== undefined || folders.has(file) ? file : null),
  };
}

function foldersOf(file: string): string[] {
  const folder = path.dirname(file);
  return folder === file ? [folder] : [folder, ...foldersOf(folder)];
}

const PROGRAMS = ['node', 'npm', 'make', 'bash', 'python3', 'php', 'bun', 'ruby', 'babel-node', 'nodemon'];

export const DISK: Readonly<Record<string, string>> = {
  ...Object.fromEntries(PROGRAMS.map((name) => [`/usr/bin/${name}`, '\0'])),
  '/srv/server.js': '',
  '/srv/worker.mjs': '',
  '/srv/main.py': '',
  '/srv/run.sh': '',
  '/srv/server.ts': '',
  '/srv/artisan': '#!/usr/bin/env php\n',
  '/srv/bin/www': '#!/usr/bin/env node\n',
  '/srv/bin/plain': 'require("http")',
  '/srv/bin/binary': '\u007fELF\0\0',
  '/srv/bin/script': '#!/bin/sh\n',
  '/srv/src/bin/index.js': '',
  '/srv/dist/package.json': '{ "main": "./lib/main" }',
  '/srv/dist/lib/main.js': '',
  '/srv/src/app.cjs': '',
  '/srv/backend/start.js': '',
  '/srv/venv/bin/python3': '\0',
  '/srv/with space.js': '',
  '/srv/empty-folder/readme.txt': '',
  '/srv/legacy/server.js': '',
  '/srv/legacy/package.json': '{ "engines": { "node": "<18" } }',
  '/srv/.env': 'FROM_FILE=1\nPORT=7000\n',
};

export const OPTIONS: ParseOptions = {
  cores: 8,
  processEnv: { PATH: '/bin:/usr/bin', HOME: '/root' },
  nodeVersion: 'v24.1.0',
  missingScript: 'error',
  files: fakeFiles(DISK),
};

export function parse(text: string, options: Partial<ParseOptions> = {}, file: string = FILE): Loaded {
  return parseEcosystem(text, file, { ...OPTIONS, ...options });
}

/** `4:16 CU1301 error` of each diagnostic. */
export function told({ diagnostics }: Loaded): string[] {
  return diagnostics.map(({ start, code, severity }) => `${start.line}:${start.column} ${code} ${severity}`);
}

/** The apps of a file that must be valid. */
export function appsOf(text: string, options: Partial<ParseOptions> = {}): readonly AppSpec[] {
  const loaded = parse(text, options);
  if (loaded.desired === null) throw new Error(JSON.stringify(loaded.diagnostics, null, 2));
  return loaded.desired.apps;
}

/** The one app with these fields, as YAML in braces, besides `script: server.js`. */
export function appOf(fields: string, options: Partial<ParseOptions> = {}): AppSpec {
  const script = /\b(script|cmd|exec):/.test(fields) ? '' : 'script: server.js, ';
  const [app] = appsOf(`apps: [{ ${script}${fields} }]`, options);
  if (app === undefined) throw new Error('no app');
  return app;
}
