import { expect, test } from 'vitest';
import { differenceOf, inheritedBy, inheriting } from '../../src/supervisor/inherit.ts';
import { isOfSession } from '../../src/supervisor/session-variables.ts';
import type { Inherited } from '../../src/model/inherited.ts';
import { revisionOf } from '../../src/shared/revision.ts';
import { desire, spec } from '../plan/build.ts';

test.each([
  ...['PWD', '_', 'SHLVL', 'TERM', 'TERM_PROGRAM_VERSION', 'COLUMNS', 'NO_COLOR', 'TMUX_PANE', 'WT_SESSION'],
  ...[
    'SSH_CONNECTION',
    'SSH_AUTH_SOCK',
    'SUDO_USER',
    'XDG_SESSION_ID',
    'DBUS_SESSION_BUS_ADDRESS',
    'DISPLAY',
  ],
  ...['PS1', 'HISTSIZE', 'npm_config_user_agent', 'npm_lifecycle_event', 'INIT_CWD', 'VSCODE_PID'],
  ...['NOTIFY_SOCKET', 'INVOCATION_ID', 'NODE_CHANNEL_FD', 'NODE_APP_INSTANCE', 'CLUSTER_UP_HOME'],
])('%s is of the session', (name) => expect(isOfSession(name)).toBe(true));

test.each([
  ...[
    'PATH',
    'HOME',
    'USER',
    'LANG',
    'LC_ALL',
    'TZ',
    'NODE_ENV',
    'NODE_OPTIONS',
    'DB_PASSWORD',
    'PORT',
    'LINES_MAX',
  ],
  ...[
    'SSH_PRIVATE_KEY',
    'LISTEN_ADDRESS',
    'PROMPT_TEMPLATE',
    'TERM_DAYS',
    'WATCHDOG_URL',
    'NPM_TOKEN',
    'HISTORY',
  ],
])('%s is of the program', (name) => expect(isOfSession(name)).toBe(false));

const OWN = { PATH: '/bin', KEY: 'one', OLD: 'x', TERM: 'xterm', PWD: '/home/me' };

test('what differs of a shell is what is new, other and gone, but for what is of the session', () => {
  const shell = { PATH: '/bin', KEY: 'two', NEW: '', TERM: 'dumb', SHLVL: '2' };
  expect(differenceOf(OWN, shell)).toEqual({ KEY: 'two', NEW: '', OLD: null });
  expect(differenceOf(OWN, OWN)).toEqual({});
});

test('names of what every object has are names like any other', () => {
  const shell = JSON.parse('{"__proto__":"1","constructor":"2"}') as Record<string, string>;
  expect(Object.entries(differenceOf({}, shell))).toEqual([
    ['__proto__', '1'],
    ['constructor', '2'],
  ]);
});

test('the folders that npm puts before PATH are no other PATH', () => {
  const npm = '/srv/node_modules/.bin:/node_modules/.bin:/lib/node_modules/npm/node-gyp-bin:/bin';
  expect(differenceOf(OWN, { ...OWN, PATH: npm })).toEqual({});
  expect(differenceOf({ ...OWN, PATH: npm }, OWN)).toEqual({});
  expect(differenceOf(OWN, { ...OWN, PATH: `${npm}:/opt/bin` })).toEqual({ PATH: `${npm}:/opt/bin` });
});

const CHANGED: Inherited = { API_KEY: 'k', DB: null, LEVEL: 'warn' };
const inherited = (process: object): Inherited => inheritedBy({ ...spec().process, ...process }, CHANGED);

test('an app inherits neither what the file sets nor what it filters', () => {
  expect(inherited({})).toEqual(CHANGED);
  expect(inherited({ env: { LEVEL: 'info' } })).toEqual({ API_KEY: 'k', DB: null });
  expect(inherited({ instanceVar: 'DB' })).toEqual({ API_KEY: 'k', LEVEL: 'warn' });
  expect(inherited({ filterEnv: ['KEY'] })).toEqual({ DB: null, LEVEL: 'warn' });
  expect(inherited({ filterEnv: 'API' })).toEqual(CHANGED);
  expect(inherited({ filterEnv: true })).toEqual({});
});

const app = (name: string, env: Record<string, string>) => {
  const made = spec({ name, process: { env } });
  return { ...made, revision: revisionOf(made.process) };
};
const file = desire(app('inherits', {}), app('sets', { LEVEL: 'info' }));

test('only the apps that inherit what differs are of another revision, and the file of another content', () => {
  const changed = inheriting(file, { LEVEL: 'warn' });
  const [inherits, sets] = changed.apps;
  expect(inherits?.process.inherited).toEqual({ LEVEL: 'warn' });
  expect(inherits?.revision).not.toBe(file.apps[0]?.revision);
  expect(sets).toBe(file.apps[1]);
  expect(changed.generation).not.toBe(file.generation);
  expect(inheriting(file, { LEVEL: 'error' }).generation).not.toBe(changed.generation);
  expect(inheriting(file, { LEVEL: 'warn' })).toEqual(changed);
});

test('without a difference for any of them, the file is as it is', () => {
  expect(inheriting(file, {})).toBe(file);
  const set = desire(app('sets', { LEVEL: 'info' }));
  expect(inheriting(set, { LEVEL: 'warn' })).toBe(set);
});
