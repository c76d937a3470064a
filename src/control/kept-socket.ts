/**
 * Listens on a path, and looks now and then whether what is there is still its own socket: a cleaner of temporary files
 * or a person may have taken it away. It is made again then.
 */
import { chmodSync, renameSync, statSync, unlinkSync } from 'node:fs';
import net, { type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { connect } from './client.ts';
import { makeFolder } from './paths.ts';

/** How often it looks, in ms. */
const EVERY = 1000;

/** A file, whatever its name. */
interface Identity {
  readonly dev: number;
  readonly ino: number;
}

export interface KeptSocketEvents {
  readonly came: (socket: Socket) => void;
  /** A client could not be let in, for want of descriptors; the next one may be. */
  readonly failed: (error: unknown) => void;
  /** A sentence for people. */
  readonly say: (text: string) => void;
}

export class KeptSocket {
  readonly #path: string;
  readonly #events: KeptSocketEvents;
  #server: Server | null = null;
  #own: Identity | null = null;
  #timer: NodeJS.Timeout | undefined;
  /** Why it is not there, as was told last; null while it is. */
  #missing: string | null = null;
  #isClosed = false;

  constructor(path: string, events: KeptSocketEvents) {
    this.#path = path;
    this.#events = events;
  }

  /** Takes the place of what is at the path. */
  async open(): Promise<void> {
    await this.#listen();
    this.#lookSoon();
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    this.#server?.close();
    if (!this.#isThere()) return;
    try {
      unlinkSync(this.#path);
    } catch (error) {
      // A folder that is read-only now does not stand in the way of the end.
      this.#events.say(`the control socket is left behind: ${(error as Error).message}`);
    }
  }

  /** Under another name first: a socket that is there is not to be missed for a moment, nor to be reached half made. */
  async #listen(): Promise<void> {
    const before = this.#server;
    const beside = this.#path.replace(/(\.sock)?$/, '.new');
    remove(beside);
    const server = net.createServer(this.#events.came);
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(beside, () => {
        server.removeListener('error', reject);
        server.on('error', this.#events.failed);
        resolve();
      });
    });
    // The folder lets nobody else in; this is for those who look at the socket alone.
    chmodSync(beside, 0o600);
    this.#own = statSync(beside);
    renameSync(beside, this.#path);
    this.#server = server;
    before?.close();
    if (this.#isClosed) this.close();
  }

  #lookSoon(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => void this.#look().finally(() => this.#lookSoon()), EVERY).unref();
  }

  async #look(): Promise<void> {
    if (this.#isThere()) return;
    try {
      makeFolder(dirname(this.#path));
      const other = await connect(this.#path);
      other?.close();
      if (other !== null) {
        this.#miss(`${this.#path} is the control socket of another process now`);
        return;
      }
      await this.#listen();
    } catch (error) {
      this.#miss(`the control socket is gone, and cannot be made again: ${(error as Error).message}`);
      return;
    }
    this.#missing = null;
    this.#events.say('the control socket was gone, and has been made again');
  }

  #miss(why: string): void {
    if (why !== this.#missing) this.#events.say(why);
    this.#missing = why;
  }

  #isThere(): boolean {
    try {
      const { dev, ino } = statSync(this.#path);
      return dev === this.#own?.dev && ino === this.#own.ino;
    } catch {
      return false;
    }
  }
}

function remove(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
