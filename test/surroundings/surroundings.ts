/** What people really have around them: from the start, or coming over a supervisor that runs. */
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

export interface Place {
  /** A folder of its own for each try, with the ecosystem file in it. */
  readonly folder: string;
  readonly file: string;
  /** Of the supervisor. */
  readonly pid: () => number;
  /** Where it has its control socket and its lists. */
  readonly state: string;
}

/** How commands are run, the one that starts the supervisor among them. */
export interface Around {
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Before the command's own words. */
  readonly prefix?: readonly string[];
}

export interface Surrounding {
  readonly name: string;
  /** Why it cannot be tried here; null if it can. */
  readonly missing?: () => string | null;
  readonly around?: (place: Place) => Around;
  /** Of the commands alone, once the supervisor runs. */
  readonly commands?: Around;
  /** Comes over the running supervisor; returns what ends it. */
  readonly strikes?: (place: Place) => () => void;
  /** What commands that ask the supervisor may say when they end with 1. */
  readonly excuse?: RegExp;
  /** The supervisor cannot even be started: what is said instead. */
  readonly refuses?: RegExp;
  /** No edit or crash is mended before it is over. */
  readonly standsStill?: true;
}

/** An id that no account has. */
const NOBODY = '54321';
const isRoot = process.getuid?.() === 0;

const needsRoot = (): string | null => (isRoot ? null : 'not root');

function asNobody({ folder }: Place): Around {
  spawnSync('chown', ['-R', `${NOBODY}:${NOBODY}`, folder]);
  return { prefix: ['setpriv', '--reuid', NOBODY, '--regid', NOBODY, '--clear-groups'] };
}

function stateOf(mode: number): (place: Place) => Around {
  return ({ folder }) => {
    const state = path.join(folder, 'state');
    mkdirSync(state);
    chmodSync(state, mode);
    return { env: { CLUSTER_UP_HOME: state } };
  };
}

/** In a shell that has done this before. */
function shell(line: string): Around {
  return { prefix: ['sh', '-c', `${line} && exec "$@"`, 'sh'] };
}

/** So many descriptors may it have from now on; all from there on stay what they are. */
function limit(pid: number, descriptors: string): void {
  spawnSync('prlimit', ['--pid', String(pid), `--nofile=${descriptors}:`]);
}

export const FROM_THE_START: readonly Surrounding[] = [
  { name: 'as usual' },
  { name: 'HOME is not set', around: () => ({ env: { HOME: undefined } }) },
  {
    name: 'cron: only PATH is set',
    around: () => ({ env: { HOME: undefined, TMPDIR: undefined, CLUSTER_UP_HOME: undefined } }),
  },
  { name: 'state folder with mode 0755', around: stateOf(0o755) },
  { name: 'state folder with mode 1777', around: stateOf(0o1777) },
  {
    name: 'state folder with too long a path',
    around: ({ folder }) => ({ env: { CLUSTER_UP_HOME: path.join(folder, 'long'.repeat(40)) } }),
  },
  {
    name: 'state folder is a file',
    around: ({ folder }) => {
      writeFileSync(path.join(folder, 'state'), '');
      return { env: { CLUSTER_UP_HOME: path.join(folder, 'state') } };
    },
  },
  {
    name: 'runtime folder of another user',
    missing: needsRoot,
    around: ({ folder }) => {
      const runtime = path.join(folder, 'run');
      mkdirSync(runtime, { mode: 0o700 });
      spawnSync('chown', ['1234:1234', runtime]);
      return { env: { CLUSTER_UP_HOME: undefined, XDG_RUNTIME_DIR: runtime } };
    },
  },
  {
    name: 'TMPDIR is not there',
    around: () => ({ env: { TMPDIR: '/nowhere', CLUSTER_UP_HOME: undefined } }),
  },
  { name: 'a user without a name', missing: needsRoot, around: asNobody },
  {
    name: 'a user without a name, nor a home to write to',
    missing: needsRoot,
    around: (place) => ({ ...asNobody(place), env: { HOME: '/', CLUSTER_UP_HOME: undefined } }),
  },
  {
    name: 'the working folder was deleted',
    around: () => shell('cd "$(mktemp -d)" && rmdir "$PWD"'),
  },
  {
    name: 'no watches are left',
    around: ({ folder }) => {
      const breaks = path.join(folder, '.breaks');
      writeFileSync(breaks, 'watch');
      const preload = path.join(import.meta.dirname, '../e2e/support/break-effects.js');
      return { env: { NODE_OPTIONS: `--import ${preload}`, BREAK: breaks } };
    },
  },
  { name: 'only 64 descriptors', around: () => shell('ulimit -n 64'), refuses: /too many files are open/ },
  { name: 'only 128 descriptors', around: () => shell('ulimit -n 128') },
  { name: 'umask 000', around: () => shell('umask 000') },
  { name: 'umask 777', around: () => shell('umask 777') },
  {
    name: 'input and output are closed',
    commands: { prefix: ['sh', '-c', 'exec "$@" <&- >&- 2>&-', 'sh'] },
  },
  {
    name: 'nothing can be written',
    missing: needsRoot,
    around: () => ({
      env: { CLUSTER_UP_HOME: undefined },
      prefix: ['unshare', '-m', 'sh', '-c', 'mount -o remount,bind,ro / && exec "$@"', 'sh'],
    }),
    refuses: /read-only/,
  },
  {
    name: 'messages have nowhere to go',
    commands: { prefix: ['sh', '-c', 'exec "$@" >/dev/full', 'sh'] },
    // They cannot say what they were asked for.
    excuse: /no space left on device/,
  },
];

export const LATER: readonly Surrounding[] = [
  {
    name: 'state folder is removed',
    strikes: ({ state }) => {
      rmSync(state, { recursive: true });
      return () => {};
    },
  },
  {
    name: 'state folder turns read-only',
    missing: needsRoot,
    around: asNobody,
    strikes: ({ state }) => {
      chmodSync(state, 0o500);
      return () => chmodSync(state, 0o700);
    },
  },
  {
    name: 'state folder is on a full disk',
    missing: needsRoot,
    around: ({ folder }) => {
      const state = path.join(folder, 'state');
      mkdirSync(state, { mode: 0o700 });
      spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', state]);
      return { env: { CLUSTER_UP_HOME: state } };
    },
    strikes: ({ state }) => {
      const filler = path.join(state, 'filler');
      spawnSync('sh', ['-c', 'exec 2>/dev/null; cat /dev/zero > "$1"; :', 'sh', filler]);
      return () => rmSync(filler, { force: true });
    },
  },
  {
    name: 'no descriptors are left',
    strikes: ({ pid }) => {
      const most = readdirSync(`/proc/${pid()}/fd`).length;
      limit(pid(), String(most));
      return () => limit(pid(), '1024');
    },
    excuse: /./s,
    standsStill: true,
  },
  {
    name: 'the supervisor stands still',
    strikes: ({ pid }) => {
      process.kill(pid(), 'SIGSTOP');
      return () => process.kill(pid(), 'SIGCONT');
    },
    excuse: /stands still|stopped|does not answer/,
    standsStill: true,
  },
  {
    name: 'the ecosystem file is moved away',
    strikes: ({ file }) => {
      renameSync(file, `${file}.away`);
      return () => renameSync(`${file}.away`, file);
    },
    excuse: /does not exist/,
    standsStill: true,
  },
  {
    name: 'the ecosystem file has a mistake in it',
    strikes: ({ file }) => {
      renameSync(file, `${file}.good`);
      writeFileSync(file, 'apps: [\n');
      return () => renameSync(`${file}.good`, file);
    },
    excuse: /CU1101|ecosystem.yml, line 1:/,
    standsStill: true,
  },
];
