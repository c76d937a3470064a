/** Other files that the ecosystem file refers to. */
import { app, error } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type FilesCode = 'CU1701' | 'CU1702' | 'CU1703';

export const FILES: Readonly<Record<FilesCode, CodeInfo>> = {
  CU1701: error(
    'An included file cannot be read',
    'The path of `include` and of `extends` is relative to the folder of the file that names it. ' +
      'It must be a regular file of up to 1 MiB: a named pipe or a device might never end.',
    'include: ./nowhere.yml\napps:\n  - script: ./server.js\n',
  ),
  CU1702: error(
    'Files or apps that lead back to themselves',
    'An `include` or `extends` leads, directly or through others, back to where it stands. Break the circle.',
    'apps:\n  - { name: a, script: ./server.js, extends: b }\n  - { name: b, script: ./server.js, extends: a }\n',
  ),
  CU1703: error(
    'extends names no app',
    '`extends` takes the name of another app of this file, or `{ file, app }`.',
    app('name: api', 'extends: apj'),
  ),
};
