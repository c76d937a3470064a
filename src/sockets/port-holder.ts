/** Who holds a TCP port, for the message about EADDRINUSE. */
import { hasOpen, pids, proc, textOf, type Proc } from '../files/proc-fs.ts';

/** A process that listens. */
export interface PortHolder {
  readonly pid: number;
  /** `pid 123 (node server.js)`. */
  readonly name: string;
}

/** Null where the system does not say: not Linux, or another user's process. */
export function portHolder(port: number, from: Proc = proc): PortHolder | null {
  const inodes = listeningInodes(port, from);
  const pid = inodes.size === 0 ? undefined : pids(from).find((each) => hasOpen(each, inodes, from));
  if (pid === undefined) return null;
  const command = textOf(`${pid}/cmdline`, from).split('\0').join(' ').trim();
  return { pid, name: command === '' ? `pid ${pid}` : `pid ${pid} (${command.slice(0, 60)})` };
}

/** Inodes of the sockets that listen on `port`: columns 1 (local address), 3 (state, 0A is LISTEN) and 9. */
function listeningInodes(port: number, from: Proc): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  // One of them is missing where the system has only IPv4, or only IPv6.
  for (const table of ['net/tcp', 'net/tcp6']) {
    for (const line of textOf(table, from).split('\n').slice(1)) {
      const column = line.trim().split(/\s+/);
      if (column[1]?.endsWith(`:${hexPort}`) && column[3] === '0A') inodes.add(`socket:[${column[9] ?? ''}]`);
    }
  }
  return inodes;
}
