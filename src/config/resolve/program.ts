/** Which program an app is: its mode, script and interpreter. */
import { absolute } from '../read/home-path.ts';
import { isFiltered, type Mode } from '../../model/spec.ts';
import { quotedWord, splitWords } from '../../shared/words.ts';
import { entryOf, type Node } from '../read/nodes.ts';
import { spanIn, type AppContext } from './context.ts';
import { readFilter } from './env.ts';
import { instead } from './instead.ts';
import { guessInterpreter, isNode, shebangOptions } from './interpreter.ts';
import { workerOptions } from './node-options.ts';
import { isNowhere } from './place-of-app.ts';
import { reportScript } from './report-script.ts';
import { bin, findScript, which, type Script } from './script.ts';
import { stripTypes } from './typescript.ts';

export interface Program {
  readonly mode: Mode;
  readonly script: string;
  readonly args: readonly string[];
  readonly interpreter: string | null;
  readonly interpreterArgs: readonly string[];
  readonly shell: boolean;
}

/** Resolves the program; `env` is the app's own, for its PATH. */
export function resolveProgram(
  context: AppContext,
  cwd: string,
  env: Readonly<Record<string, string>>,
): Program {
  const { app, options } = context;
  const path = env['PATH'] ?? options.processEnv['PATH'] ?? '';
  const script = findScript(app.script ?? '', cwd, path, options);
  reportScript(context, script, cwd);
  const interpreter = resolveInterpreter(context, script, cwd, path);
  const args = readArguments(context, 'args');
  const interpreterArgs = readArguments(context, 'node_args');
  const started =
    script.kind === 'shell'
      ? { script: [script.line, ...args.map(quotedWord)].join(' '), args: [], interpreter: null, shell: true }
      : { script: script.path, args, interpreter, shell: false };
  const mode = chooseMode(context, interpreter, () => instead(started, cwd, options.files));
  if (interpreter === null && interpreterArgs.length > 0) reportUnused(context);
  const program = { mode, ...started };
  if (interpreter === null) return { ...program, interpreterArgs: [] };
  const ofScript = app.interpreter === undefined ? shebangOptions(program.script, options.files) : [];
  const all = isNode(interpreter) ? [...ofScript, ...interpreterArgs] : interpreterArgs;
  const words = isNode(interpreter) ? workerOptions(context, mode, all) : all;
  return { ...program, interpreterArgs: stripTypes(context, program.script, interpreter, words, env) };
}

function resolveInterpreter(context: AppContext, script: Script, cwd: string, path: string): string | null {
  const { app, options } = context;
  if (script.kind === 'shell' || app.interpreter === 'none' || context.broken.has('interpreter')) return null;
  const found = script.kind === 'file' || script.kind === 'missing' || script.kind === 'bare folder';
  const interpreter = app.interpreter ?? (found ? guessInterpreter(script.path, options.files) : null);
  if (interpreter === null) return null;
  if (/^node(\.exe)?(@.*)?$/.test(interpreter)) return 'node';
  if (/[/\\]/.test(interpreter)) {
    // PM2 looks from where it was started, which is the file's folder for nearly everyone; `cwd` is what we promise.
    const places = [cwd, context.folder].map((folder) => absolute(folder, interpreter, options));
    const place = places.find((candidate) => options.files.kind(candidate) === 'file');
    return place ?? missing(context, cwd, interpreter, places[0] ?? interpreter);
  }
  const own = bin(interpreter, cwd, options.files);
  if (own !== null) return own;
  const place = which(interpreter, path, options.files);
  // A process without PATH cannot be found in it.
  if (place !== null) return isFiltered('PATH', readFilter(app)) ? place : interpreter;
  if (interpreter === 'python3' && which('python', path, options.files) !== null) return 'python';
  return missing(context, cwd, interpreter, interpreter);
}

function missing(context: AppContext, cwd: string, written: string, answer: string): string {
  // It may be part of the release.
  if (isNowhere(cwd)) return answer;
  const key = context.app.interpreter === undefined ? 'script' : 'interpreter';
  const where = answer === written ? 'is not in PATH' : `does not exist: ${answer}`;
  const message = `The interpreter \`${written}\` ${where}.`;
  const hint = 'Install it, or name another one with `interpreter`.';
  context.problems.add('CU1604', spanIn(context, key), message, hint, context.options.missingScript);
  return answer;
}

/** PM2's rule: what the file says, else cluster where `instances` is given and Node runs the script. */
function chooseMode(context: AppContext, interpreter: string | null, better: () => string | null): Mode {
  const { app, problems } = context;
  const said =
    app.exec_mode?.startsWith('cluster') === true ? 'cluster' : app.exec_mode === undefined ? null : 'fork';
  const wanted = said ?? (app.instances === undefined ? 'fork' : 'cluster');
  if (isNode(interpreter)) {
    if (app.interpreter?.includes('node@') === true) reportNodeManager(context);
    else if (wanted === 'cluster') checkVersion(context, interpreter ?? 'node');
    return wanted;
  }
  // Several of them would be meant to share a port, and cannot.
  const isMeant = said === 'cluster' || (wanted === 'cluster' && Number(app.instances) !== 1);
  if (!isMeant || context.broken.has('interpreter')) return 'fork';
  const hint = better();
  if (said === null && hint === null) return 'fork';
  const message =
    'This is no script that Node runs, so it cannot share sockets; it runs in fork mode instead.';
  const span = spanIn(context, said === null ? 'instances' : 'exec_mode');
  problems.add('CU1504', span, message, hint ?? 'Write `exec_mode: fork`.');
  return 'fork';
}

/** Other versions by number are what a version manager has; we know none. */
function reportNodeManager(context: AppContext): void {
  const message = `\`${context.app.interpreter ?? ''}\` is not used: the app runs with the Node that runs cluster-up.`;
  context.problems.add('CU1507', spanIn(context, 'interpreter'), message, 'Name another Node by its path.');
}

/** The agent in a worker needs what our own Node has to have. */
function checkVersion(context: AppContext, interpreter: string): void {
  const version = interpreter === 'node' ? null : (context.options.versionOf?.(interpreter) ?? null);
  if (version === null) return;
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  if (major > 20 || (major === 20 && minor >= 19)) return;
  const message = `\`${interpreter}\` is Node ${version.slice(1)}; cluster mode needs 20.19 or later.`;
  const hint = 'Write `exec_mode: fork`, or name a later Node.';
  context.problems.add(
    'CU1611',
    spanIn(context, 'interpreter'),
    message,
    hint,
    context.options.missingScript,
  );
}

function reportUnused(context: AppContext): void {
  const message = '`node_args` has no effect: the program runs without an interpreter.';
  const hint = 'Put the options into `args`, or into `env.NODE_OPTIONS`.';
  context.problems.add('CU1506', spanIn(context, 'node_args'), message, hint);
}

/** `args` and `node_args`: a line that is split as a shell would, or a list. */
function readArguments(context: AppContext, key: 'args' | 'node_args'): readonly string[] {
  const node = entryOf(context.mapping, key)?.value;
  if (node === undefined) return [];
  if (node.kind === 'list') return node.items.map(written);
  const words = splitWords(written(node));
  if (words !== null) return words;
  const message = `\`${key}\` has a quote that is not closed.`;
  context.problems.add('CU1304', spanIn(context, key), message, 'Close it, or write a list of arguments.');
  return [];
}

/** Numbers keep their written form, as in `env`. */
function written(node: Node): string {
  if (node.kind !== 'scalar') return '';
  return typeof node.value === 'string' ? node.value : node.source;
}
