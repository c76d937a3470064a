/** From a line such as `NODE_ENV=production node --inspect server.js 8080` to the fields of an app. */
import path from 'node:path';
import { splitWords } from '../../shared/words.ts';

/** What is started, as an app says it. */
export interface Started {
  readonly script: string;
  readonly args: readonly string[];
  /** Null lets the script's extension decide. */
  readonly interpreter: string | null;
  readonly nodeArgs: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The line says that Node runs it. */
  readonly byNode: boolean;
}

/** What is asked of the folder of a package. */
export interface Package {
  /** A script of package.json. */
  readonly run: (name: string) => string | null;
  readonly isFile: (name: string) => boolean;
}

/** Scripts that run scripts are followed no further than this. */
const MAX_DEPTH = 4;
/** Options of Node that have their value in the next word. */
const WITH_VALUE = new Set([
  '-r',
  '--require',
  '--import',
  '--loader',
  '--experimental-loader',
  '-C',
  '--conditions',
]);
/** Programs that run a file themselves; what Node needs to do the same. */
const RUNNERS: Readonly<Record<string, readonly string[]>> = {
  node: [],
  nodejs: [],
  nodemon: [],
  'node-dev': [],
  tsx: ['--import', 'tsx'],
  'ts-node': ['--require', 'ts-node/register'],
};
/** What Node needs to do what a program does that runs a file with Node; null for any other. */
export function runnerOptions(program: string): readonly string[] | null {
  return RUNNERS[program] ?? null;
}

const INTERPRETERS = new Set(['python', 'python3', 'ruby', 'php', 'perl', 'bash', 'sh', 'bun']);

/** The program of a command line; `fallback` is used where only a shell can tell. */
export function programOf(line: string, folder: Package, fallback: Started, depth = 0): Started {
  const words = needsShell(line) ? null : splitWords(line);
  if (words === null || words.length === 0 || depth > MAX_DEPTH) return fallback;
  const { env, rest } = splitEnv(words);
  const [command = '', ...args] = rest;
  const named = runScript(command, args);
  if (named !== null) {
    const script = folder.run(named);
    const program = script === null ? fallback : programOf(script, folder, fallback, depth + 1);
    return program === fallback ? fallback : { ...program, env: { ...program.env, ...env } };
  }
  const base = path.basename(command);
  const options = RUNNERS[base];
  if (options !== undefined) {
    const isWatch = base === 'tsx' && args[0] === 'watch';
    return nodeProgram(options, isWatch ? args.slice(1) : args, env) ?? fallback;
  }
  if (INTERPRETERS.has(base) && isRelativeFile(args[0])) {
    return { ...plain(args[0] ?? '', args.slice(1), env), interpreter: command };
  }
  if (folder.isFile(`node_modules/.bin/${command}`))
    return plain(`./node_modules/.bin/${command}`, args, env);
  return command.startsWith('./') ? plain(command, args, env) : fallback;
}

/** A line for the shell, which is started as it is. */
export function shellProgram(line: string): Started {
  return plain(line, [], {});
}

export function plain(
  script: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Started {
  return { script, args, env, interpreter: null, nodeArgs: [], byNode: false };
}

function needsShell(line: string): boolean {
  return /[|&;<>$`()*?\n]/.test(line);
}

function splitEnv(words: readonly string[]): { env: Record<string, string>; rest: readonly string[] } {
  const start = words.findIndex((word) => !/^([A-Za-z_]\w*=|(cross-env|env|exec)$)/.test(word));
  const set = words.slice(0, start === -1 ? words.length : start).filter((word) => word.includes('='));
  const env = set.map(
    (word) => [word.slice(0, word.indexOf('=')), word.slice(word.indexOf('=') + 1)] as const,
  );
  return { env: Object.fromEntries(env), rest: start === -1 ? [] : words.slice(start) };
}

/** `build` of `npm run build`, `start` of `npm start`; null for another command, or where arguments are passed on. */
function runScript(command: string, args: readonly string[]): string | null {
  if (!['npm', 'yarn', 'pnpm'].includes(command)) return null;
  const words = args.filter((word) => !['-s', '--silent', 'run', 'run-script'].includes(word));
  return words.length === 1 && /^[\w:.-]+$/.test(words[0] ?? '') ? (words[0] ?? null) : null;
}

/** What follows `node`: options, a file and its arguments; null where there is no file. */
function nodeProgram(
  options: readonly string[],
  words: readonly string[],
  env: Readonly<Record<string, string>>,
): Started | null {
  const nodeArgs = [...options];
  let at = 0;
  for (let word = words[0]; word?.startsWith('-') === true; word = words[at]) {
    if (/^(-e|-p|-pe|--eval|--print|--test)$/.test(word)) return null;
    const length = WITH_VALUE.has(word) ? 2 : 1;
    // The file is followed anyway, and a worker that is restarted by two is restarted twice.
    if (!word.startsWith('--watch')) nodeArgs.push(...words.slice(at, at + length));
    at += length;
  }
  const script = words[at];
  if (script === undefined || path.isAbsolute(script)) return null;
  return { ...plain(relative(script), words.slice(at + 1), env), nodeArgs, byNode: true };
}

function isRelativeFile(word: string | undefined): boolean {
  return word !== undefined && !word.startsWith('-') && !path.isAbsolute(word) && path.extname(word) !== '';
}

/** `server.js` as a path, which no command can be mistaken for. */
export function relative(script: string): string {
  return script.startsWith('.') ? script : `./${script}`;
}
