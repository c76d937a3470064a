/** Values that the schema refuses. */
import { app, error } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type ValuesCode = 'CU1301' | 'CU1302' | 'CU1303' | 'CU1304' | 'CU1305' | 'CU1306';

export const VALUES: Readonly<Record<ValuesCode, CodeInfo>> = {
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
  CU1306: error(
    'A cron line that cannot be read',
    'A cron line has five fields (minute, hour, day, month, weekday), or six with the seconds first.',
    app('cron_restart: "61 3 * * *"'),
  ),
};
