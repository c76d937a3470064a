/** What YAML itself refuses. */
import { app, error, warning } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type YamlCode =
  | 'CU1101'
  | 'CU1102'
  | 'CU1103'
  | 'CU1104'
  | 'CU1105'
  | 'CU1106'
  | 'CU1107'
  | 'CU1108'
  | 'CU1109'
  | 'CU1110'
  | 'CU1111'
  | 'CU1112';

export const YAML: Readonly<Record<YamlCode, CodeInfo>> = {
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
    app('env:', '  HOST: !lookup db'),
  ),
  CU1111: error(
    'A key that is not text',
    'Keys are names. A list or a mapping cannot be one.',
    app('? [a, b]', ': c'),
  ),
  CU1112: error('A merge of something else', '`<<` merges mappings into a mapping.', app('<<: 5')),
};
