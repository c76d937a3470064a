/** What the supervisor does about a worker's sockets as it tells it to end. */
import { expect, test } from 'vitest';
import type { FromAgent, ToAgent } from '../../src/model/protocol.ts';
import { HeldSockets } from '../../src/sockets/held-sockets.ts';
import { attend, type LinkListener } from '../../src/workers/agent-worker.ts';
import { spec } from '../plan/build.ts';

const query = { address: null, port: 8080, addressType: 4, flags: 0, index: 0 };
const asks: FromAgent = { act: 'socket', seq: 1, query };

test('it is told of as given a socket before it can have said that it listens', () => {
  const { said, news, sent } = worker();
  said(asks);
  expect(sent).toContain('socket');
  expect(news).toEqual(['given']);
});

test('one that was told to end is given none: it would take connections that it has no time for', () => {
  const { said, news, sent, handle } = worker();
  handle.stop(spec().stop);
  said(asks);
  expect(sent).not.toContain('socket');
  expect(news).toEqual([]);
});

test('a socket stays open that a worker has listened on though it said so only as it was told to drain', () => {
  const { said, handle, ended, isOpen, key } = worker();
  said(asks);
  handle.drain(spec().stop);
  said({ act: 'listening', key: key(), address: '*:8080' });
  ended();
  expect(isOpen()).toBe(true);
});

test('one that nobody has listened on is closed', () => {
  const { said, handle, ended, isOpen } = worker();
  said(asks);
  handle.drain(spec().stop);
  ended();
  expect(isOpen()).toBe(false);
});

function worker(): {
  said: (message: FromAgent) => void;
  news: string[];
  sent: string[];
  handle: ReturnType<typeof attend>;
  ended: () => void;
  isOpen: () => boolean;
  /** Of the socket that it was given. */
  key: () => string;
} {
  const news: string[] = [];
  const sent: string[] = [];
  let key = '';
  let open = 0;
  const bind = (): {
    listen: () => number;
    close: () => void;
    getsockname: () => number;
    onconnection: null;
  } => {
    open += 1;
    return { listen: () => 0, close: () => (open -= 1), getsockname: () => 0, onconnection: null };
  };
  const sockets = new HeldSockets(
    {
      isWanted: () => true,
      isStaying: () => false,
      isRolling: () => false,
      needs: () => [],
      isAwaited: () => false,
      workerOf: () => null,
      refuse: () => {},
    },
    {
      bind,
      canReusePort: () => false,
      takenBy: () => ({ owner: null, reason: '' }),
      removeDead: () => Promise.resolve(null),
    },
  );
  let listener: LinkListener | undefined;
  const handle = attend(
    {
      pid: 1,
      isConnected: () => true,
      hasEnded: () => false,
      send: (message: ToAgent) => {
        sent.push(message.act);
        if (message.act === 'socket') key = message.key ?? '';
      },
      shutdown: () => {},
      signal: () => {},
      kill: () => {},
      listen: (given) => {
        listener = given;
        return () => [];
      },
    },
    { id: 0, slot: 0, spec: spec() },
    sockets,
    ({ type }) => news.push(type),
  );
  return {
    said: (message) => listener?.said(message, null),
    news,
    sent,
    handle,
    ended: () => listener?.ended({ code: 0, signal: null, stderr: [], spawnError: null }),
    isOpen: () => open > 0,
    key: () => key,
  };
}
