import net from 'node:net';
import { once } from 'node:events';
import { slot } from './slot.ts';

/**
 * Below those of the driver, and below the range that the system takes for outgoing connections, or a client of ours
 * could hold one. None of them has the digits of those that fixtures are written with (8080 to 8089): another one is
 * put in the place of these as text.
 */
const SIZE = 2600;
const FIRST = 20_000 + (slot - 1) * SIZE;
const LAST = FIRST + SIZE - 1;

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** A TCP port that nobody listens on, and that no other test here gets. */
export async function freePort(): Promise<number> {
  for (;;) {
    next = next >= LAST ? FIRST : next + 1;
    const server = net.createServer();
    server.listen(next);
    const [event] = await Promise.race([
      once(server, 'listening').then(() => ['listening']),
      once(server, 'error').then(() => ['error']),
    ]).catch(() => ['error']);
    if (event !== 'listening') continue;
    server.close();
    await once(server, 'close');
    return next;
  }
}
