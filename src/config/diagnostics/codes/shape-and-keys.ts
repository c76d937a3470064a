/** Shape and keys. */
import { app, error, warning } from './code-info.ts';
import type { CodeInfo } from './code-info.ts';

export type ShapeCode =
  'CU1201' | 'CU1202' | 'CU1203' | 'CU1204' | 'CU1205' | 'CU1206' | 'CU1207' | 'CU1208' | 'CU1209' | 'CU1210';

export const SHAPE: Readonly<Record<ShapeCode, CodeInfo>> = {
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
};
