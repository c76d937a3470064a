/**
 * The IPC channel of this process, kept open when the app closes it: a worker that serves on without one could be told
 * neither to drain nor what to do about its sockets. The app sees what Node documents: `connected` is false, `channel`
 * is null, 'disconnect' comes, `send` fails with ERR_IPC_CHANNEL_CLOSED, and no process lives on for its channel alone.
 *
 * It stands on two things of lib/internal/child_process.js (Node 20 to 26): `_disconnect`, by which `disconnect()`
 * closes the channel, and the channel's handle, by which its end is told from that. While the channel is used, Node has
 * to find it where it looks for it, so then it is there.
 */

/** The part of `process` that is used. */
export interface Owner {
  connected: boolean;
  channel?: Control | null | undefined;
  _disconnect: () => void;
  emit(event: 'disconnect'): boolean;
  on(event: 'internalMessage', listener: () => void): void;
  prependListener(event: 'internalMessage', listener: () => void): void;
}

interface Control {
  ref(): void;
  unref(): void;
}

/** Node's own handle of the channel. */
interface Handle {
  onread: (this: Handle, bytes: ArrayBuffer | undefined) => void;
  close(): void;
}

export interface Listener {
  /** The app has closed the channel, as far as it can see; told before the app is. */
  readonly left: () => void;
  /** Nobody is at the other end any more; told before the app is, if the app is. */
  readonly gone: () => void;
}

export class KeptChannel {
  readonly #owner: Owner;
  readonly #control: Control | null;
  #state: 'open' | 'kept' | 'gone' = 'gone';
  /** How many servers have nothing else that would keep the process alive. */
  #holds = 0;

  constructor(owner: Owner, { left, gone }: Listener) {
    this.#owner = owner;
    this.#control = owner.channel ?? null;
    const handle = handleOf(owner);
    if (handle === null) return;
    this.#state = 'open';
    const { _disconnect: disconnect } = owner;
    owner._disconnect = () => this.#keep(left);
    const { onread } = handle;
    handle.onread = (bytes) => {
      if (bytes !== undefined) return this.use(() => onread.call(handle, bytes));
      const wasKept = this.#state === 'kept';
      this.#state = 'gone';
      gone();
      if (wasKept) return handle.close();
      owner._disconnect = disconnect;
      onread.call(handle, bytes);
    };
  }

  /** Whether somebody is at the other end. */
  get isOpen(): boolean {
    return this.#state !== 'gone';
  }

  /** Does something for which Node needs the channel. */
  use(act: () => void): void {
    if (this.#state !== 'kept') return act();
    const { connected } = this.#owner;
    this.#appear(true);
    try {
      act();
    } finally {
      this.#appear(connected);
    }
  }

  /** Keeps the process alive, as a listening socket would, until what is returned is called. */
  hold(): () => void {
    this.#holds += 1;
    this.#refer();
    return () => {
      this.#holds -= 1;
      this.#refer();
    };
  }

  #keep(left: () => void): void {
    if (this.#state !== 'open') return;
    const owner = this.#owner;
    this.#state = 'kept';
    this.#refer();
    this.#appear(false);
    // Node's own listener answers for a handle that has come, and that of node:cluster for a connection.
    owner.prependListener('internalMessage', this.#show);
    owner.on('internalMessage', this.#hide);
    process.nextTick(() => {
      left();
      owner.emit('disconnect');
    });
  }

  readonly #show = (): void => {
    if (this.#state !== 'kept') return;
    this.#appear(true);
    // Where a listener throws, those after it are not called.
    process.nextTick(this.#hide);
  };

  readonly #hide = (): void => {
    if (this.#state === 'kept') this.#appear(false);
  };

  #appear(isThere: boolean): void {
    this.#owner.connected = isThere;
    this.#owner.channel = isThere ? this.#control : null;
  }

  /** As long as the app has not left, it is the app's affair whether the channel keeps the process alive. */
  #refer(): void {
    if (this.#state !== 'kept') return;
    if (this.#holds > 0) this.#control?.ref();
    else this.#control?.unref();
  }
}

/** Kept under a symbol, and nowhere else; null where there is no channel. */
function handleOf(owner: object): Handle | null {
  const key = Object.getOwnPropertySymbols(owner).find(({ description }) => description === 'kChannelHandle');
  return key === undefined ? null : ((owner as Record<symbol, Handle | null>)[key] ?? null);
}
