/** What the agent in a simulated worker does with what comes with a message. */
import type { FromAgent, ToAgent } from '../../src/model/protocol.ts';
import { AcceptedConnection, type Carried, type Descriptor } from './sockets.ts';
import type { Traffic } from './traffic.ts';

export interface Agent {
  readonly traffic: Traffic;
  /** The supervisor accepts for it. */
  readonly isFed: boolean;
  readonly port: number;
  readonly say: (message: FromAgent, handle?: Descriptor) => void;
}

/** A socket. */
export function given({ traffic, isFed, port, say }: Agent, message: ToAgent, handle: Descriptor): void {
  switch (message.act) {
    case 'socket': {
      const { key, slot = 0 } = message;
      if (isFed) say({ act: 'copy', key: key ?? '', slot }, handle);
      traffic.listen(handle, slot, false);
      if (!traffic.isDraining) say({ act: 'listening', key, address: `*:${port}` });
      return;
    }
    case 'duplicate':
      if (isFed) say({ act: 'copy', key: message.key, slot: message.slot }, handle);
      return handle.close();
    case 'lend':
      return traffic.listen(handle, message.slot, true);
    default:
      handle.close();
  }
}

/** A connection that the supervisor has accepted. */
export function fed(
  { traffic, say }: Agent,
  { key, seq }: ToAgent & { act: 'connection' },
  handle: Carried | null,
): void {
  const accepted = handle instanceof AcceptedConnection && traffic.feed(handle);
  say({ act: 'took', key, seq, accepted });
}
