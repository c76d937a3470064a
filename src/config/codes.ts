/**
 * Every problem that a file can have. A code never changes its meaning and is never used again.
 * docs/diagnostics.md is generated from this table, and a test runs every example.
 */

/** 10: reading the file. 11: YAML. 12: shape and keys. 13: values. 14: variables. 15: meaning. 16: programs. */
// prettier-ignore
export type Code =
  | 'CU1001' | 'CU1002' | 'CU1003' | 'CU1004' | 'CU1005' | 'CU1006'
  | 'CU1101' | 'CU1102' | 'CU1103' | 'CU1104' | 'CU1105' | 'CU1106' | 'CU1107' | 'CU1108' | 'CU1109' | 'CU1110' | 'CU1111' | 'CU1112'
  | 'CU1201' | 'CU1202' | 'CU1203' | 'CU1204' | 'CU1205' | 'CU1206' | 'CU1207' | 'CU1208' | 'CU1209' | 'CU1210' | 'CU1211'
  | 'CU1301' | 'CU1302' | 'CU1303' | 'CU1304' | 'CU1305'
  | 'CU1401' | 'CU1402' | 'CU1403' | 'CU1404' | 'CU1405' | 'CU1406'
  | 'CU1501' | 'CU1502' | 'CU1503' | 'CU1504' | 'CU1505' | 'CU1506' | 'CU1507'
  | 'CU1601' | 'CU1602' | 'CU1603' | 'CU1604' | 'CU1605' | 'CU1606' | 'CU1607';

export interface CodeInfo {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** Why it is a problem, and what to do. */
  readonly about: string;
  /** A file that has the problem; where no text can have it, the command that shows it, after `$ `. */
  readonly example: string;
}

const app = (...lines: readonly string[]): string =>
  ['apps:', '  - script: ./server.js', ...lines.map((line) => `    ${line}`), ''].join('\n');

const error = (title: string, about: string, example: string): CodeInfo => ({
  severity: 'error',
  title,
  about,
  example,
});
const warning = (title: string, about: string, example: string): CodeInfo => ({
  severity: 'warning',
  title,
  about,
  example,
});

export const CODES: Readonly<Record<Code, CodeInfo>> = {
  CU1001: error(
    'The file does not exist',
    'Check the path; a file with a similar name in the same folder is suggested.',
    '$ cluster-up validate ecosystm.yml',
  ),
  CU1002: error(
    'The path is not a file',
    'Name the ecosystem file itself, not its folder.',
    '$ cluster-up validate ./config/',
  ),
  CU1003: error(
    'The file cannot be read',
    'The user who runs cluster-up needs permission to read the file and to enter its folders.',
    '$ chmod 000 ecosystem.yml; cluster-up validate ecosystem.yml',
  ),
  CU1004: error(
    'The file is too large',
    'An ecosystem file may be 1 MiB. A file of that size is usually another one than was meant.',
    '$ cluster-up validate dump.yml',
  ),
  CU1005: error(
    'The file is not text',
    'An ecosystem file is YAML or JSON in UTF-8. This one holds bytes that no text has.',
    '$ cluster-up validate /bin/ls',
  ),
  CU1006: error(
    'The file is empty',
    'It has no content besides comments. Give it at least one app.',
    '# nothing here yet\n',
  ),
  CU1101: error(
    'YAML syntax',
    'The text is not YAML. Nothing after the first such place can be trusted, so only that one is reported.',
    'apps: [a, b\n',
  ),
  CU1102: error(
    'A tab indents a line',
    'YAML allows only spaces there, because a tab has no fixed width.',
    'apps:\n\t- script: ./server.js\n',
  ),
  CU1103: error(
    'A key is given twice',
    'Only one of the two values can hold, and which one is easy to get wrong. Remove one.',
    app('instances: 2', 'instances: 4'),
  ),
  CU1104: error(
    'Several YAML documents',
    'One file is one ecosystem: put all apps into one list and remove the `---` between them.',
    'apps:\n  - script: ./a.js\n---\napps:\n  - script: ./b.js\n',
  ),
  CU1105: error(
    'Aliases expand to too much',
    'Aliases of aliases grow without bound, and so would the memory to hold them.',
    'a: &a [x,x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: &c [*b,*b,*b,*b,*b,*b,*b,*b,*b,*b]\nd: &d [*c,*c,*c,*c,*c,*c,*c,*c,*c,*c]\ne: &e [*d,*d,*d,*d,*d,*d,*d,*d,*d,*d]\napps: [*e,*e]\n',
  ),
  CU1106: error(
    'An alias without its anchor',
    'A `*name` repeats what `&name` marked earlier in the file, and may not stand inside of it.',
    app('env: *common'),
  ),
  CU1107: error(
    'Indentation',
    'The line stands at a column where nothing began, so YAML cannot tell what it belongs to.',
    'apps:\n  - name: api\n   script: ./server.js\n',
  ),
  CU1108: error(
    'A quote is not closed',
    'The text from this quote on runs to the end of the file.',
    'apps:\n  - name: "api\n    script: ./server.js\n',
  ),
  CU1109: error(
    'Nested too deeply',
    'No ecosystem file needs more than a few levels.',
    "$ printf '%.0s[' {1..5000} | cluster-up validate -",
  ),
  CU1110: warning(
    'An unknown YAML tag',
    'Tags such as `!secret` belong to other programs; the value is read as if the tag were not there.',
    app('env:', '  TOKEN: !secret token'),
  ),
  CU1111: error(
    'A key that is not text',
    'Keys are names. A list or a mapping cannot be one.',
    app('? [a, b]', ': c'),
  ),
  CU1112: error('A merge of something else', '`<<` merges mappings into a mapping.', app('<<: 5')),
  CU1201: error(
    'No apps',
    'The file needs `apps:` with a list of apps, or one app with a `script`.',
    'services:\n  api:\n    image: node\n',
  ),
  CU1202: error(
    'Only a deploy section',
    'PM2 reads `deploy` for its own deploy command. Add `apps:` to say what runs.',
    'deploy:\n  production:\n    host: example.org\n',
  ),
  CU1203: error(
    'An unknown key',
    'Nobody reads this key, so it is most likely a typo. Keys of your own may begin with `x-`.',
    app('instnces: 4'),
  ),
  CU1204: error(
    'An app that is not a mapping',
    'Each app is a mapping with a `script`.',
    'apps:\n  - ./server.js\n',
  ),
  CU1205: error(
    'The file is not a mapping',
    'It holds a single value. Begin with `apps:` and a list of apps.',
    'just some words\n',
  ),
  CU1206: warning('An empty list of apps', 'Nothing will run; apps that run now are stopped.', 'apps: []\n'),
  CU1207: error(
    'An app without a script',
    'Each app needs a `script`: the program that it runs.',
    'apps:\n  - name: api\n',
  ),
  CU1208: warning(
    'Two spellings of one key',
    'The key and its other spelling are both given; the other spelling is ignored.',
    app('node_args: --trace-warnings', 'interpreter_args: --no-deprecation'),
  ),
  CU1209: warning(
    'A key at the wrong level',
    'A setting of the app stands among its environment variables, where it sets nothing but a variable.',
    app('env:', '  node_args: --trace-warnings'),
  ),
  CU1210: warning(
    'A key of PM2 without meaning here',
    'The key is accepted and ignored; the message says what to use instead.',
    app('vizion: true'),
  ),
  CU1211: warning(
    'A key without effect yet',
    'The key is checked, but this version does not act on it.',
    app('max_memory_restart: 300M'),
  ),
  CU1301: error(
    'A wrong value',
    'The value has the wrong type or form, or is out of range.',
    app('instances: -100'),
  ),
  CU1302: error('Not one of the choices', 'Only the listed values are known.', app('exec_mode: clster')),
  CU1303: error(
    'A variable with a nested value',
    'An environment variable is text. Write a list or a mapping as one quoted string.',
    app('env:', '  HOSTS: [a, b]'),
  ),
  CU1304: error(
    'An argument with an unclosed quote',
    'Arguments are split as a shell would, and a quote has no end. Close it, or write a list.',
    app('args: --title "my app'),
  ),
  CU1305: error(
    'A name that no environment can hold',
    'The name of a variable is not empty and has no `=`, and neither it nor its value has a NUL character.',
    app('env:', '  "A=B": 1'),
  ),
  CU1401: error(
    'A variable is not set',
    '`${NAME}` needs a value in the environment of the command. `${NAME:-default}` supplies one.',
    app('name: ${APP_NAME}'),
  ),
  CU1402: error(
    'An interpolation that cannot be read',
    '`${NAME}`, `${NAME:-default}` and `${NAME:?message}` are known; `$$` is a dollar.',
    app('args: ${1}'),
  ),
  CU1403: error(
    'No such environment',
    '`--env` names a block that no app has: `--env production` takes `env_production`.',
    '$ cluster-up validate --env prodction ecosystem.yml',
  ),
  CU1404: error(
    'An env_file cannot be read',
    'The path is relative to `cwd` of the app.',
    app('env_file: .env.nowhere'),
  ),
  CU1405: warning(
    'increment_var has no number to raise',
    'The variable that `increment_var` names must be in `env`, and be a whole number.',
    app('increment_var: PORT'),
  ),
  CU1406: error(
    'No such app',
    '`--only` names an app that the file does not have.',
    '$ cluster-up up --only apo',
  ),
  CU1501: error(
    'Two apps with one name',
    'Names tell apps apart in every command, so they are unique.',
    'apps:\n  - { name: api, script: ./server.js }\n  - { name: api, script: ./server.js }\n',
  ),
  CU1502: error(
    'A rollout that cannot move',
    'With no worker above and none below `instances`, none can be replaced. Raise one of the two.',
    app('rollout: { max_surge: 0, max_unavailable: 0 }'),
  ),
  CU1503: warning(
    'Many more instances than cores',
    'More than four workers per core mostly wait for each other.',
    app('instances: 1000'),
  ),
  CU1504: warning(
    'Cannot run in cluster mode',
    'Only Node scripts share sockets through node:cluster. The app runs in fork mode instead.',
    'apps:\n  - { script: ./main.py, exec_mode: cluster }\n',
  ),
  CU1505: warning(
    'Two answers to when a worker is ready',
    '`ready` wins over `wait_ready`. Keep one of them.',
    app('ready: listening', 'wait_ready: true'),
  ),
  CU1506: warning(
    'Options for an interpreter that is not there',
    'The program runs directly, so nobody takes `node_args`.',
    'apps:\n  - { script: npm, args: start, node_args: --trace-warnings }\n',
  ),
  CU1507: warning(
    'Another Node than ours in cluster mode',
    'Workers of node:cluster run the Node that runs cluster-up. Use `exec_mode: fork` to choose another.',
    app('exec_mode: cluster', 'interpreter: node@18'),
  ),
  CU1601: error(
    'The script does not exist',
    'It is looked for relative to `cwd`. For `validate` this is a warning, since a build may come later.',
    'apps:\n  - script: ./dist/nowhere.js\n',
  ),
  CU1602: error(
    'The script is a folder without an entry',
    'A folder needs an index.js, or a package.json whose `main` names a file.',
    'apps:\n  - script: ./empty-folder\n',
  ),
  CU1603: error(
    'The command is not in PATH',
    'The script has no folder in its name and is no file, so it is looked up in `PATH`. For `validate` this is a warning.',
    'apps:\n  - script: no-such-command\n',
  ),
  CU1604: error(
    'The interpreter does not exist',
    'It is looked up in `PATH` or, with a slash in it, relative to `cwd`. For `validate` this is a warning.',
    app('interpreter: no-such-interpreter'),
  ),
  CU1605: error(
    'The working directory does not exist',
    '`cwd` is relative to the folder of the ecosystem file. For `validate` this is a warning.',
    app('cwd: ./nowhere'),
  ),
  CU1606: warning(
    'This Node cannot run TypeScript',
    'Node 22.18 and later run TypeScript by stripping the types. Build the script, or load a compiler through `node_args`.',
    'apps:\n  - script: ./server.ts\n',
  ),
  CU1607: error(
    'The script is not executable',
    'It runs without an interpreter, so the file needs permission to execute.',
    app('interpreter: none'),
  ),
};
