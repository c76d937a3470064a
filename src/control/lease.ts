/**
 * Who is the supervisor of a file is not decided by the existence of another file, which may outlive its process or be
 * taken away from it, but by a name that the kernel gives to one process at a time and takes back when that one ends: a
 * unix socket in Linux's abstract namespace. It is bound and never listened on, so that nobody can connect.
 *
 * Such a name has no owner and no permissions: another user of the machine, or of the network namespace, may have
 * bound it first. So whoever has it counts only if it is a process of this user. Elsewhere than on Linux there is no
 * such name, and the control socket decides alone.
 */
import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import { hasOpen, orElse, pids, proc, textOf } from '../files/proc-fs.ts';

/** What a lease needs of the system. */
export interface Kernel {
  /** Binds the name; a function that gives it back, or why it cannot be had. */
  readonly bind: (name: string) => (() => void) | 'taken' | 'unknown here';
  /** All unix sockets there are, in the form of /proc/net/unix. */
  readonly sockets: () => string;
  /** A process of this user that has the socket with this inode open. */
  readonly owner: (inode: string) => number | null;
}

/** In the text of /proc/net/unix, `@` stands for the NUL that an abstract name begins with. */
const NAME = 'cluster-up.';
/** Of a whole name, with its NUL: Node 20 fills shorter ones up with NULs, later ones do not. */
const LENGTH = 108;

export class Lease {
  readonly #name: string;
  readonly #kernel: Kernel;
  #giveBack: (() => void) | null = null;

  /** @param subject what of this user is claimed: an ecosystem file, by its name, in whichever folder its socket is */
  constructor(subject: string, kernel: Kernel = LINUX) {
    this.#name = nameOf(subject);
    this.#kernel = kernel;
  }

  /** `ours` from now until `release` or the end of this process; `none` where there is no such thing. */
  take(): 'ours' | 'taken' | 'none' {
    if (this.#giveBack !== null) return 'ours';
    const bound = this.#kernel.bind(this.#name);
    if (typeof bound === 'string') return bound === 'taken' ? 'taken' : 'none';
    this.#giveBack = bound;
    return 'ours';
  }

  release(): void {
    this.#giveBack?.();
    this.#giveBack = null;
  }

  /** The process of this user that has it; null if nobody has, or somebody else. */
  holder(): number | null {
    const end = ` @${this.#name}`;
    const line = this.#kernel
      .sockets()
      .split('\n')
      .find((text) => text.endsWith(end));
    // Num, RefCount, Protocol, Flags, Type, St, Inode
    const inode = line?.trim().split(/\s+/)[6];
    return inode === undefined ? null : this.#kernel.owner(inode);
  }
}

/** Another container may share the network namespace: its processes are not to be found from here, nor ours from there. */
function nameOf(subject: string): string {
  const parts = JSON.stringify([process.getuid?.() ?? -1, processNamespace(), subject]);
  const hash = createHash('sha512').update(parts).digest('hex');
  return `${NAME}${hash}`.slice(0, LENGTH - 1);
}

function processNamespace(): string {
  return orElse('', () => proc.link('self/ns/pid'));
}

interface Pipe {
  bind(name: string): number;
  close(): void;
  unref(): void;
}
interface PipeBinding {
  readonly Pipe: new (kind: number) => Pipe;
  readonly constants: { readonly SERVER: number };
}
/** Of libuv, on Linux. */
const EADDRINUSE = -98;

/** Public Node can only bind and listen at once; and whoever listens has to accept what any user connects. */
function bind(name: string): (() => void) | 'taken' | 'unknown here' {
  if (process.platform !== 'linux') return 'unknown here';
  const { binding } = process as unknown as { binding: (module: string) => unknown };
  const { Pipe, constants } = binding('pipe_wrap') as PipeBinding;
  const pipe = new Pipe(constants.SERVER);
  pipe.unref();
  const error = pipe.bind(`\0${name}`);
  if (error === 0) return () => pipe.close();
  pipe.close();
  return error === EADDRINUSE ? 'taken' : 'unknown here';
}

const LINUX: Kernel = {
  bind,
  sockets: () => textOf('net/unix'),
  owner: (inode) => {
    const socket = new Set([`socket:[${inode}]`]);
    return pids().find((pid) => isOurs(pid) && hasOpen(pid, socket)) ?? null;
  },
};

function isOurs(pid: number): boolean {
  return orElse(false, () => statSync(`/proc/${pid}`).uid === process.geteuid?.());
}
