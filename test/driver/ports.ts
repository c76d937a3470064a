/** Ports of a seed. */
import net from 'node:net';
import { once } from 'node:events';

/** Above those of the other tests, and below those that the system takes for outgoing connections. */
const FIRST = 28_100;
const LAST = 32_600;

let next = FIRST + Math.floor(Math.random() * (LAST - FIRST));

/** That nobody listens on now, and that no other seed of this process gets. */
export async function freePorts(count: number): Promise<number[]> {
  const found: number[] = [];
  while (found.length < count) {
    // Another seed may come here while this one waits.
    const port = next >= LAST ? FIRST : next + 1;
    next = port;
    const server = net.createServer().listen(port);
    const isFree = await once(server, 'listening').then(
      () => true,
      () => false,
    );
    if (!isFree) continue;
    found.push(port);
    server.close();
    await once(server, 'close');
  }
  return found;
}
