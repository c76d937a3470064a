/** Reading the file itself. */
import { error } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type ReadingCode = 'CU1001' | 'CU1002' | 'CU1003' | 'CU1004' | 'CU1005' | 'CU1006';

export const READING: Readonly<Record<ReadingCode, CodeInfo>> = {
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
    'The user who runs cluster-up needs permission to read the file and to enter its folders. It must be a regular file: ' +
      'a named pipe or a device might never end. A pipe that is handed over, as `<(…)` does, is read by `validate`.',
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
};
