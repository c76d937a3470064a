/** The places that say how a folder's program is started. */
import path from 'node:path';
import { plain, programOf, relative, shellProgram, type Started } from '../../config/resolve/command-line.ts';
import { splitWords } from '../../shared/words.ts';
import type { Draft, Findings } from './draft.ts';
import type { Folder } from './folder.ts';
import { defaultPort, listens } from './listens.ts';

/** Looked for where nothing names a script. */
const NAMES = ['server', 'index', 'app', 'main'];
const PLACES = ['', 'dist/', 'build/', 'src/'];
const EXTENSIONS = ['.js', '.mjs', '.cjs', '.ts', '.mts'];
/** Programs of PM2's, which only running them could read. */
const CONFIG_PROGRAM = /^(ecosystem|pm2|process)\.config\.[cm]?[jt]s$/;

/** The first place that says something; without one, a place to fill in. */
export function look(folder: Folder, names: readonly string[]): Findings {
  const notes = names
    .filter((name) => CONFIG_PROGRAM.test(name))
    .map((name) => `${name} is a program and was not run: carry over what it sets`);
  const found = fromProcfile(folder) ?? fromStart(folder) ?? fromDockerfile(folder) ?? fromFiles(folder);
  if (found !== null) return { ...withPort(found, folder), notes: [...notes, ...found.notes] };
  const draft = { name: folder.name, ...plain('./server.js', [], {}), serves: true };
  return {
    drafts: [draft],
    source: 'an example',
    notes: [...notes, 'name your program: ./server.js is only an example'],
  };
}

/** `web: node server.js`, one a line. */
function fromProcfile(folder: Folder): Findings | null {
  const lines = (folder.text('Procfile') ?? '').split(/\r?\n/);
  const entries = lines.flatMap((line) => {
    const [, name, command] = /^([\w-]+):\s*(\S.*)$/.exec(line.trim()) ?? [];
    return name === undefined || command === undefined ? [] : [{ name, command }];
  });
  // Heroku runs it once before each release; it is no process to keep.
  const kept = entries.filter(({ name }) => name !== 'release');
  if (kept.length === 0) return null;
  const drafts = kept.map(({ name, command }) =>
    draftOf(name, programOf(command, folder, shellProgram(command)), folder),
  );
  const unique = drafts.filter((draft, i) => i === drafts.findIndex(({ name }) => name === draft.name));
  const notes =
    kept.length < entries.length ? ['`release` of the Procfile is left out: it runs once, not always'] : [];
  return { drafts: unique, source: 'the Procfile', notes };
}

function fromStart(folder: Folder): Findings | null {
  const line = folder.run('start');
  if (line === null) return null;
  const program = programOf(line, folder, plain('npm', ['start'], {}));
  return one(folder, program, 'the start script of package.json');
}

/** The last CMD, after an ENTRYPOINT if there is one. */
function fromDockerfile(folder: Folder): Findings | null {
  const text = (folder.text('Dockerfile') ?? '').replace(/\\\r?\n/g, ' ');
  const last = (instruction: string): string | undefined =>
    [...text.matchAll(new RegExp(`^\\s*${instruction}\\s+(.+)$`, 'gim'))].at(-1)?.[1]?.trim();
  const words = [last('ENTRYPOINT'), last('CMD')].flatMap((line) => dockerWords(line));
  const home = last('WORKDIR') ?? '/';
  const inFolder = words.map((word) => (word.startsWith('/') ? path.posix.relative(home, word) : word));
  const quoted = inFolder.map((word) => (/\s/.test(word) ? `"${word}"` : word)).join(' ');
  const nothing = plain('', [], {});
  const program = words.length === 0 ? nothing : programOf(quoted, folder, nothing);
  return program === nothing ? null : one(folder, program, 'the Dockerfile');
}

/** `["node", "server.js"]` or `node server.js`. */
function dockerWords(line: string | undefined): readonly string[] {
  if (line === undefined) return [];
  try {
    const words: unknown = JSON.parse(line);
    return Array.isArray(words) ? words.map(String) : [];
  } catch {
    return splitWords(line) ?? [];
  }
}

/** `main`, then the usual names, then `bin`. */
function fromFiles(folder: Folder): Findings | null {
  const { main, bin } = folder.manifest ?? {};
  const usual = PLACES.flatMap((place) =>
    NAMES.flatMap((name) => EXTENSIONS.map((extension) => place + name + extension)),
  );
  const bins: readonly unknown[] = typeof bin === 'object' && bin !== null ? Object.values(bin) : [bin];
  const candidates = [main, ...usual, ...bins].filter((name) => typeof name === 'string');
  const script = candidates.find((name) => name !== '' && !path.isAbsolute(name) && folder.isFile(name));
  if (script === undefined) return null;
  const program = { ...plain(relative(script), [], {}), byNode: true };
  return one(folder, program, script === main ? '`main` of package.json' : script);
}

function one(folder: Folder, program: Started, source: string): Findings {
  return { drafts: [draftOf(folder.name, program, folder)], source, notes: [] };
}

function draftOf(name: string, { byNode, ...program }: Started, folder: Folder): Draft {
  return { name, ...program, serves: byNode && listens(folder, program.script) };
}

/** The port goes to the first app that serves. */
function withPort(found: Findings, folder: Folder): Findings {
  const first = found.drafts.findIndex(({ serves }) => serves);
  const exposed = /^\s*EXPOSE\s+(\d+)/im.exec(folder.text('Dockerfile') ?? '')?.[1] ?? null;
  const drafts = found.drafts.map((draft, i): Draft => {
    if (i !== first || 'PORT' in draft.env) return draft;
    const port = exposed ?? defaultPort(folder, draft.script);
    return port === null ? draft : { ...draft, env: { ...draft.env, PORT: port } };
  });
  return { ...found, drafts };
}
