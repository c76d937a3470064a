/** Options of Node that have it do something else than run the script as a worker. */
import type { Mode } from '../../model/spec.ts';
import { spanIn, type AppContext } from './context.ts';

interface Otherwise {
  readonly options: RegExp;
  /** What Node does then, as a clause. */
  readonly does: string;
  readonly hint: string;
}

/** With these, Node does not run the script, or not as the program that it starts. */
const OTHERWISE: readonly Otherwise[] = [
  {
    options: /^(-e|--eval|-p|--print|-pe|-i|--interactive|-)$/,
    does: 'runs other code than the script',
    hint: 'Put the code into a file, and name it as `script`.',
  },
  {
    options: /^(-c|--check)$/,
    does: 'looks at the syntax of the script, and does not run it',
    hint: 'Leave it out; check the syntax where you build.',
  },
  {
    options: /^--test$/,
    does: 'runs tests',
    hint: 'Leave it out; run tests where you build.',
  },
  {
    options: /^--run$/,
    does: 'runs a script of package.json',
    hint: 'Name the file that it runs as `script`.',
  },
  {
    options:
      /^(-v|--version|-h|--help|--v8-options|--completion-bash|--prof-process|--build-snapshot|--build-snapshot-config|--build-sea|--experimental-sea-config)$/,
    does: 'prints or writes something, and ends',
    hint: 'Leave it out.',
  },
];

const WATCH = /^--watch(-path|-preserve-output|-kill-signal)?$/;
const WATCH_VALUE = /^--watch-(path|kill-signal)$/;
const WAITS = /^--inspect-(brk|wait)$/;

const nameOf = (word: string): string => word.split('=', 1)[0] ?? word;

/** The options that are handed to Node; those that cannot go with a worker are told of, or left out. */
export function workerOptions(context: AppContext, mode: Mode, words: readonly string[]): readonly string[] {
  for (const word of new Set(words.map(nameOf))) {
    const other = OTHERWISE.find(({ options }) => options.test(word));
    if (other !== undefined) reportOther(context, mode, word, other);
    else if (WAITS.test(word)) reportWait(context, word);
  }
  if (mode === 'fork' || !words.some((word) => WATCH.test(nameOf(word)))) return words;
  const message =
    '`--watch` is left out: it would start the script in a process of its own, which is no worker.';
  const hint = 'Write `watch: true`, which replaces the workers one after the other.';
  context.problems.add('CU1522', spanIn(context, 'node_args'), message, hint);
  return words.filter(
    (word, i) => !WATCH.test(nameOf(word)) && !WATCH_VALUE.test(i === 0 ? '' : (words[i - 1] ?? '')),
  );
}

/** In fork mode somebody may mean just that. */
function reportOther(context: AppContext, mode: Mode, option: string, { does, hint }: Otherwise): void {
  const message = `With \`${option}\` Node ${does}.`;
  const severity = mode === 'fork' ? 'warning' : 'error';
  context.problems.add('CU1521', spanIn(context, 'node_args'), message, hint, severity);
}

function reportWait(context: AppContext, option: string): void {
  const message = `With \`${option}\` a worker waits for a debugger before it runs the script, and is not ready until then.`;
  context.problems.add('CU1522', spanIn(context, 'node_args'), message, 'Write `--inspect`.');
}
