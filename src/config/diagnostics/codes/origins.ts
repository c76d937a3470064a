/** Where an app's code comes from. */
import { app, error } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type OriginsCode = 'CU1801' | 'CU1802' | 'CU1803' | 'CU1804';

export const ORIGINS: Readonly<Record<OriginsCode, CodeInfo>> = {
  CU1801: error(
    'A source with no origin, or with several',
    'A `source` names one of `git`, `archive` and `folder`. Settings of `defaults`, of the app that it `extends` and of a profile count, too.',
    app('source: { ref: main }'),
  ),
  CU1802: error(
    'An archive without its sum',
    'An `archive` may be another one tomorrow under the same name. `sha256` says which one is meant, and `sha256sum FILE` prints it.',
    app('source: { archive: ./shop-1.4.2.tgz }'),
  ),
  CU1803: error(
    'A key for another kind of source',
    '`ref` and `poll` are for `git`, `sha256` is for `archive`.',
    app('source: { folder: ../shop, ref: main }'),
  ),
  CU1804: error(
    'A working directory outside of the release',
    'With `source`, `cwd` is relative to the folder of the release. What lies elsewhere is no part of it: it would be the same for every release.',
    app('cwd: ../shared', 'source: { git: https://git.example/shop.git }'),
  ),
};
