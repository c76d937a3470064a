/** Who has ports open, as /proc tells. */
import { hasOpen, openOf, pids, proc, textOf, type Proc } from '../files/proc-fs.ts';

/** A process that listens, or reads datagrams. */
export interface PortHolder {
  readonly pid: number;
  /** `pid 123 (node server.js)`. */
  readonly name: string;
}

/** By protocol, the state in which a socket takes what is new: LISTEN, and bound to nobody in particular. */
const OPEN = { tcp: '0A', udp: '07' } as const;
type Protocol = keyof typeof OPEN;

/** Who has a port that somebody else is refused. Null where the system does not say: not Linux, or another user's process. */
export function portHolder(port: number, protocol: Protocol, from: Proc = proc): PortHolder | null {
  const inodes = new Set(
    [...openPorts(protocol, from)].flatMap(([inode, each]) => (each === port ? [inode] : [])),
  );
  const pid = inodes.size === 0 ? undefined : pids(from).find((each) => hasOpen(each, inodes, from));
  return pid === undefined ? null : { pid, name: processName(pid, from) };
}

/** A port on which one of these processes listens, but for those of sockets that this process has open too. */
export function portOfOneOf(
  all: () => Iterable<number>,
  isMeant: (port: number) => boolean,
  from: Proc = proc,
): (PortHolder & { readonly port: number }) | null {
  const ports = new Map([...openPorts('tcp', from)].filter(([, port]) => isMeant(port)));
  for (const target of ports.size === 0 ? [] : openOf('self', from)) ports.delete(target);
  if (ports.size === 0) return null;
  for (const pid of all()) {
    const port = openOf(pid, from)
      .map((target) => ports.get(target))
      .find((each) => each !== undefined);
    if (port !== undefined) return { pid, name: processName(pid, from), port };
  }
  return null;
}

function processName(pid: number, from: Proc): string {
  const command = textOf(`${pid}/cmdline`, from).split('\0').join(' ').trim();
  return command === '' ? `pid ${pid}` : `pid ${pid} (${command.slice(0, 60)})`;
}

/** By the socket, as links to it name it: columns 1 (local address), 3 (state) and 9 (inode). */
function openPorts(protocol: Protocol, from: Proc): Map<string, number> {
  const ports = new Map<string, number>();
  // One of them is missing where the system has only IPv4, or only IPv6.
  for (const table of [`net/${protocol}`, `net/${protocol}6`]) {
    for (const line of textOf(table, from).split('\n').slice(1)) {
      const column = line.trim().split(/\s+/);
      const port = parseInt(column[1]?.split(':')[1] ?? '', 16);
      if (column[3] === OPEN[protocol] && port > 0) ports.set(`socket:[${column[9] ?? ''}]`, port);
    }
  }
  return ports;
}
