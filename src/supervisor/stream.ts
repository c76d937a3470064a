/** A stream of the control socket that goes on until its client has gone. */
import type { Call } from '../control/server.ts';

/**
 * Passes on what comes until the client has gone. One that does not keep up loses items rather than having them
 * pile up in the supervisor, and is told how many.
 */
export function stream(call: Call, follow: (push: (item: unknown) => unknown) => () => void): Promise<void> {
  let dropped = 0;
  let isFull = false;
  const push = (item: unknown): void => {
    if (isFull) dropped += 1;
    else if (!call.item(item)) {
      isFull = true;
      void call.writable().then(() => {
        isFull = false;
        if (dropped > 0 && !call.signal.aborted) call.item({ dropped });
        dropped = 0;
      });
    }
  };
  return new Promise((resolve) => {
    const stop = follow(push);
    const done = (): void => {
      stop();
      resolve();
    };
    if (call.signal.aborted) done();
    else call.signal.addEventListener('abort', done, { once: true });
  });
}
