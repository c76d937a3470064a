/** /proc as it may be: hidden, forbidden, missing, and gone while it is looked at. */
import { expect, test } from 'vitest';
import { Lease } from '../../src/control/lease.ts';
import { hasOpen, parseResident, parseStat, pids, textOf, type Proc } from '../../src/files/proc-fs.ts';
import { portHolder, portOfOneOf } from '../../src/sockets/port-holder.ts';
import { processes, processOf } from '../../src/workers/proc.ts';

type Entry = string | NodeJS.ErrnoException;

function error(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(code), { code });
}

/** Files by path below /proc, links among them; a folder has what begins with its name. An error is thrown. */
function fake(entries: Readonly<Record<string, Entry>>): Proc {
  const read = (name: string): string => {
    const entry = entries[name] ?? error('ENOENT');
    if (typeof entry === 'string') return entry;
    throw entry;
  };
  return {
    text: read,
    link: read,
    names: (folder) => {
      const self = entries[folder];
      if (self instanceof Error) throw self;
      const prefix = folder === '' ? '' : `${folder}/`;
      const below = Object.keys(entries).filter((name) => name.startsWith(prefix) && name !== folder);
      if (below.length === 0) throw error('ENOENT');
      return [...new Set(below.map((name) => name.slice(prefix.length).split('/')[0] ?? ''))];
    },
  };
}

const stat = (pid: number, name: string, state: string, born: number): string =>
  `${pid} (${name}) ${state} 1 ${pid} ${pid} 0 -1 4194304 0 0 0 0 7 5 0 0 20 0 1 0 ${born} 0 0\n`;

test('a stat, whatever the process is called', () => {
  expect(parseStat(42, stat(42, 'a) Z (b', 'S', 99))).toEqual({
    pid: 42,
    name: 'a) Z (b',
    state: 'S',
    parent: 1,
    group: 42,
    session: 42,
    used: 120,
    born: 99,
  });
  for (const text of ['', '42', '\0', 'stat']) expect(parseStat(42, text)).toBeNull();
  expect(parseResident('Name:\tx\nVmRSS:\t     12 kB\n')).toBe(12_288);
  expect(parseResident('Name:\tkthread\n')).toBe(0);
});

test.skipIf(process.platform !== 'linux')(
  'only what is shown to us is there, and what has ended is not',
  () => {
    const half = fake({
      '1/stat': error('EACCES'),
      '2/stat': error('ENOENT'),
      '3/stat': error('ESRCH'),
      '4/stat': '',
      '5/stat': stat(5, 'ended', 'Z', 1),
      '6/stat': stat(6, 'lives', 'R', 2),
      'self/stat': stat(6, 'lives', 'R', 2),
      version: 'Linux',
    });
    expect(pids(half)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(processes(half).map(({ pid, name, born }) => [pid, name, born])).toEqual([[6, 'lives', 2]]);
    expect(processOf(1, half)).toBeNull();
  },
);

test.each(['ENOENT', 'EACCES', 'EPERM', 'EMFILE', 'ENOTDIR'])('no /proc at all (%s)', (code) => {
  const none: Proc = {
    text: () => {
      throw error(code);
    },
    names: () => {
      throw error(code);
    },
    link: () => {
      throw error(code);
    },
  };
  expect([pids(none), processes(none), processOf(1, none), textOf('1/stat', none)]).toEqual([
    [],
    [],
    null,
    '',
  ]);
  expect(hasOpen(1, new Set(['socket:[1]']), none)).toBe(false);
  expect(portHolder(8080, 'tcp', none)).toBeNull();
});

const TABLE = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1
   1: 0100007F:1F91 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1
`;

test('who holds a port is found without IPv6, past processes that are hidden or end meanwhile', () => {
  const entries = {
    'net/tcp': TABLE,
    '7/fd': error('EACCES'),
    '8/fd/0': error('ENOENT'),
    '8/fd/3': 'socket:[4712]',
    '9/fd/0': '/dev/null',
    '9/fd/1': error('ENOENT'),
    '9/fd/4': 'socket:[4711]',
  };
  const named = fake({ ...entries, '9/cmdline': 'node\0server.js\0' });
  expect(portHolder(8080, 'tcp', named)).toEqual({ pid: 9, name: 'pid 9 (node server.js)' });
  expect(portHolder(8080, 'tcp', fake(entries))).toEqual({ pid: 9, name: 'pid 9' });
  // It does not listen.
  expect(portHolder(8081, 'tcp', named)).toBeNull();
});

test('a port for datagrams is another one than that of the same number to listen on', () => {
  const bound = TABLE.replaceAll(' 0A ', ' 07 ');
  const files = fake({ 'net/udp': bound, '9/fd/4': 'socket:[4711]', '9/cmdline': 'ntpd\0' });
  expect(portHolder(8080, 'udp', files)).toEqual({ pid: 9, name: 'pid 9 (ntpd)' });
  expect(portHolder(8080, 'tcp', files)).toBeNull();
  // Connected to one peer.
  expect(portHolder(8081, 'udp', files)).toBeNull();
});

test("a lease whose holder is hidden is nobody's that we could wait for", () => {
  const lease = new Lease('/run/a.sock', { bind: () => 'taken', sockets: () => '', owner: () => null });
  expect([lease.take(), lease.holder()]).toEqual(['taken', null]);
});

test('a port that a process has opened for itself, and not one that it has from here', () => {
  const entries = {
    'net/tcp': TABLE,
    'net/tcp6': TABLE.replace('4711', '4713').replace('1F90', '1F92'),
    '9/fd/3': 'socket:[4711]',
    '9/fd/4': 'socket:[4712]',
    '10/fd/3': 'socket:[4713]',
    '10/cmdline': 'python3\0-m\0http.server\0',
  };
  const child = { port: 8082, pid: 10, name: 'pid 10 (python3 -m http.server)' };
  const all = (): number[] => [8, 9, 10];
  expect(portOfOneOf(all, () => true, fake(entries))).toEqual({ port: 8080, pid: 9, name: 'pid 9' });
  expect(portOfOneOf(all, () => true, fake({ ...entries, 'self/fd/7': 'socket:[4711]' }))).toEqual(child);
  expect(portOfOneOf(all, (port) => port !== 8080, fake(entries))).toEqual(child);
  expect(
    portOfOneOf(
      () => [8],
      () => true,
      fake(entries),
    ),
  ).toBeNull();
});
