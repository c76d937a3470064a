/** Who holds a TCP port, for the message about EADDRINUSE. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** A process that listens. */
export interface PortHolder {
  readonly pid: number;
  /** `pid 123 (node server.js)`. */
  readonly name: string;
}

/** Null where the system does not say: not Linux, or another user's process. */
export function portHolder(port: number): PortHolder | null {
  try {
    const inodes = listeningInodes(port);
    return inodes.size === 0 ? null : processWith(inodes);
  } catch {
    return null;
  }
}

/** Inodes of the sockets that listen on `port`: columns 1 (local address), 3 (state, 0A is LISTEN) and 9. */
function listeningInodes(port: number): Set<string> {
  const hexPort = port.toString(16).toUpperCase().padStart(4, '0');
  const inodes = new Set<string>();
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    for (const line of readFileSync(table, 'utf8').split('\n').slice(1)) {
      const column = line.trim().split(/\s+/);
      if (column[1]?.endsWith(`:${hexPort}`) && column[3] === '0A') inodes.add(`socket:[${column[9] ?? ''}]`);
    }
  }
  return inodes;
}

function processWith(inodes: ReadonlySet<string>): PortHolder | null {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    if (!holds(pid, inodes)) continue;
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid: Number(pid), name: `pid ${pid} (${command.slice(0, 60)})` };
  }
  return null;
}

function holds(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => inodes.has(readlinkSync(`/proc/${pid}/fd/${fd}`)));
  } catch {
    // It has ended meanwhile, or is not ours to look at.
    return false;
  }
}
