/** Variables, environments and selections. */
import { app, error, warning } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type VariablesCode =
  'CU1401' | 'CU1402' | 'CU1403' | 'CU1404' | 'CU1405' | 'CU1406' | 'CU1407' | 'CU1408';

export const VARIABLES: Readonly<Record<VariablesCode, CodeInfo>> = {
  CU1401: error(
    'A variable is not set',
    '`${NAME}` needs a value in the environment of the command. `${NAME:-default}` supplies one.',
    app('name: ${APP_NAME}'),
  ),
  CU1402: error(
    'An interpolation that cannot be read',
    '`${NAME}`, `${NAME:-default}` and `${NAME:?message}` are known; `$$` is a dollar in a file that has one of them.',
    app('args: ${1}'),
  ),
  CU1403: error(
    'No such environment',
    '`--env` names a block that no app has: `--env production` takes `env_production`.',
    '$ cluster-up validate --env prodction ecosystem.yml',
  ),
  CU1404: error(
    'An env_file cannot be read',
    'The path is relative to `cwd` of the app. It must be a regular file of up to 4 MiB: a named pipe or a device might never end.',
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
  CU1407: warning(
    'A secret in the file',
    'A value looks like a password, a token or a key: by the name of its variable, by a well-known form, or by its randomness. ' +
      'Whoever may read the file may use it. Take it from the environment or from an `env_file` that is not in the repository. ' +
      'The value itself is never shown.',
    app('env:', '  DB_PASSWORD: correct-horse-battery'),
  ),
  CU1408: warning(
    'Two dollar signs beside variables',
    'In a file with a `${…}`, `$$` is one dollar sign; in one without, and for PM2, it is two. `$` alone stands for itself.',
    app('env: { HOST: "${HOSTNAME:-here}", PRICE: 5$$ }'),
  ),
};
