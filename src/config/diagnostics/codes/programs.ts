/** Programs, and the machine that is to run them. */
import { app, error, warning } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type ProgramsCode =
  | 'CU1601'
  | 'CU1602'
  | 'CU1603'
  | 'CU1604'
  | 'CU1605'
  | 'CU1606'
  | 'CU1607'
  | 'CU1608'
  | 'CU1609'
  | 'CU1610'
  | 'CU1611';

export const PROGRAMS: Readonly<Record<ProgramsCode, CodeInfo>> = {
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
    'It is looked up in each `node_modules/.bin` from `cwd` upwards, then in `PATH` or, with a slash in it, relative to `cwd`. For `validate` this is a warning.',
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
  CU1608: warning(
    'This Node is not what the app asks for',
    'The `engines.node` of the package.json next to the script, or above it, leaves out the Node that would run it.',
    'apps:\n  - script: ./legacy/server.js\n',
  ),
  CU1609: error(
    'Another user, without the right to become it',
    'Only root may run a program as someone else. Start cluster-up as that user, or as root. For `validate` this is a warning.',
    app('uid: 33'),
  ),
  CU1610: error(
    'No such user or group',
    'It is looked up where the file is loaded. A number needs no entry there, but then `gid` has to be given as well. For `validate` this is a warning.',
    app('uid: no-such-user'),
  ),
  CU1611: error(
    'Too old a Node for cluster mode',
    'The `interpreter` is another Node. In cluster mode it has to be 20.19 or later; in fork mode any will do. For `validate` this is a warning.',
    app('exec_mode: cluster', 'interpreter: /opt/node18/bin/node'),
  ),
};
