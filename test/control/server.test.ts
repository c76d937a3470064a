import { once } from 'node:events';
import { statSync } from 'node:fs';
import net from 'node:net';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { connect, ControlError } from '../../src/control/client.ts';
import { Refusal } from '../../src/control/server.ts';
import { MAX_MESSAGE } from '../../src/model/control.ts';
import { served } from './support.ts';
import { runs } from '../runs.ts';

const MESSAGES = runs(100, 1000);

const ok = { wait: () => ({ converged: true, problems: [] }) };

/** Everything the server says to `input` until it, or we, hang up. */
async function exchange(path: string, input: string | Uint8Array): Promise<string> {
  const socket = net.connect(path);
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => {});
  socket.end(input);
  await once(socket, 'close');
  return text;
}

async function clientOf(path: string): Promise<NonNullable<Awaited<ReturnType<typeof connect>>>> {
  const client = await connect(path);
  if (client === null) throw new Error('nobody listens');
  return client;
}

describe('the control server', () => {
  it('can be used by its own user only', async () => {
    const { socket } = await served(ok);
    expect(statSync(socket).mode & 0o777).toBe(0o600);
  });

  it('answers requests in any order, each with its id', async () => {
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { socket } = await served({
      wait: async () => {
        await held;
        return { converged: true, problems: [] };
      },
      rollback: ({ app }) => ({ revision: app }),
    });
    const client = await clientOf(socket);
    const slow = client.call('wait', {});
    expect(await client.call('rollback', { app: 'quick' })).toEqual({ revision: 'quick' });
    release();
    expect(await slow).toEqual({ converged: true, problems: [] });
    client.close();
  });

  it('passes a refusal on as it is, and reports what it did not expect', async () => {
    const { socket, failures } = await served({
      stop: () => {
        throw new Refusal('there is no app "x"');
      },
      start: () => {
        throw new Error('boom');
      },
    });
    const client = await clientOf(socket);
    await expect(client.call('stop', { app: 'x' })).rejects.toEqual(new ControlError('there is no app "x"'));
    expect(failures).toEqual([]);
    await expect(client.call('start', { app: 'x' })).rejects.toThrow('the supervisor failed: boom');
    expect(failures).toEqual([new Error('boom')]);
    client.close();
  });

  it.each([
    ['{"v":1,"id":1,"op":"nothing"}', 'there is no operation \\"nothing\\"'],
    ['{"v":1,"id":1,"op":"toString"}', 'there is no operation'],
    ['{"v":1,"id":1,"op":"stop"}', 'stop: app is not valid'],
    ['{"v":1,"id":1,"op":"stop","args":{"app":""}}', 'stop: app is not valid'],
    ['{"v":1,"id":1,"op":"wait","args":{"x":1}}', 'there is no argument \\"x\\"'],
    ['{"v":1,"id":1,"op":"plan","args":{"environment":[]}}', 'environment is not valid'],
    ['{"v":1,"id":1,"op":"plan","args":{"environment":{"A=":"1"}}}', 'environment is not valid'],
    ['{"v":1,"id":1,"op":"plan","args":{"environment":{"":"1"}}}', 'environment is not valid'],
    ['{"v":1,"id":1,"op":"reload","args":{"app":"x","environment":{"A":1}}}', 'environment is not valid'],
    ['{"v":1,"id":1,"op":"apply","args":{"plan":null,"environment":{"A":"a\\u0000"}}}', 'environment is not'],
    ['{"v":1,"id":1,"op":"wait","args":[]}', 'args is an object'],
    ['{"v":2,"id":1,"op":"wait"}', 'restart the supervisor with your newer cluster-up'],
    ['{"v":0,"id":1,"op":"wait"}', 'use the version of cluster-up that started the supervisor'],
    ['{"id":1,"op":"wait"}', 'speaks version 1'],
    ['{"v":1,"op":"wait"}', 'a request has an id'],
    ['[]', 'a request is a JSON object'],
    ['null', 'a request is a JSON object'],
    ['not json', 'one line of JSON'],
  ])('says what is wrong with %s', async (request, answer) => {
    const { socket } = await served(ok);
    expect(await exchange(socket, `${request}\n`)).toContain(answer);
  });

  it('refuses a message that is too long without keeping it', async () => {
    const { socket } = await served(ok);
    const text = await exchange(
      socket,
      `{"v":1,"id":1,"op":"wait","args":{"x":"${'x'.repeat(MAX_MESSAGE)}"}}\n`,
    );
    expect(text).toContain(`a message may have ${MAX_MESSAGE} bytes`);
  });

  it(
    `survives ${MESSAGES} malformed, truncated, oversized and interleaved messages`,
    { timeout: 60_000 },
    async () => {
      const { socket, failures } = await served(ok);
      const good = '{"v":1,"id":7,"op":"wait"}\n';
      const piece = fc.oneof(
        fc.string({ unit: 'binary' }),
        fc.json(),
        fc.constantFrom(
          good,
          good.slice(0, 9),
          '\n',
          '\0',
          'x'.repeat(100_000),
          '{"v":1,"id":',
          '\u{10ffff}',
        ),
      );
      const memory = process.memoryUsage().rss;
      await fc.assert(
        fc.asyncProperty(fc.array(piece, { maxLength: 5 }), async (pieces) => {
          await exchange(socket, pieces.join(''));
        }),
        { numRuns: MESSAGES },
      );
      expect(await exchange(socket, good)).toBe('{"id":7,"result":{"converged":true,"problems":[]}}\n');
      expect(failures).toEqual([]);
      expect(process.memoryUsage().rss - memory).toBeLessThan(150 * 1024 * 1024);
    },
  );

  it('answers 200 clients at once', async () => {
    const { socket } = await served(ok);
    const clients = await Promise.all(Array.from({ length: 200 }, () => clientOf(socket)));
    const answers = await Promise.all(clients.map((client) => client.call('wait', {})));
    expect(answers).toHaveLength(200);
    expect(new Set(answers.map((answer) => answer.converged))).toEqual(new Set([true]));
    for (const client of clients) client.close();
  });

  it('answers whoever asks, however many hold a connection and ask for nothing', async () => {
    const { socket } = await served(ok);
    const idle = [];
    for (let i = 0; i < 600; i += 1) idle.push(await clientOf(socket));
    const asking = await clientOf(socket);
    await expect(asking.call('wait', {})).resolves.toMatchObject({ converged: true });
    await expect(idle[0]?.call('wait', {})).rejects.toThrow(
      'too many clients: the supervisor has 500 at a time',
    );
    await expect(idle[599]?.call('wait', {})).resolves.toMatchObject({ converged: true });
    for (const client of [...idle, asking]) client.close();
  });

  it('tells one that comes while all others wait for an answer', async () => {
    const { socket } = await served({ wait: () => new Promise(() => {}) });
    const busy = [];
    for (let i = 0; i < 500; i += 1) {
      const client = await clientOf(socket);
      client.call('wait', {}).catch(() => {});
      busy.push(client);
    }
    // Each has been read from before the next one came, or this would turn one of them away.
    await expect(busy.at(-1)?.call('ping', {})).resolves.toBeNull();
    const late = await clientOf(socket);
    await expect(late.call('wait', {})).rejects.toThrow('too many clients');
    for (const client of [...busy, late]) client.close();
  });

  it('answers a bounded number of requests of one client at a time', async () => {
    const { socket } = await served({ wait: () => new Promise(() => {}) });
    const text = await exchange(
      socket,
      Array.from({ length: 40 }, (_, id) => `{"v":1,"id":${id},"op":"wait"}\n`).join(''),
    );
    expect(text.match(/only 32 requests at a time/g)).toHaveLength(8);
  });

  it('tells a stream when its reader does not keep up, and when it has gone', async () => {
    let pushed = 0;
    let gone = (): void => {};
    const wasTold = new Promise<void>((resolve) => (gone = resolve));
    const { socket } = await served({
      events: async (_args, call) => {
        while (call.item('x'.repeat(10_000))) pushed += 1;
        call.signal.addEventListener('abort', () => gone());
        await call.writable();
        return null;
      },
    });
    const reader = net.connect(socket);
    reader.pause();
    reader.write('{"v":1,"id":1,"op":"events"}\n');
    await once(reader, 'connect');
    await expect.poll(() => pushed).toBeGreaterThan(0);
    reader.destroy();
    await wasTold;
    // What the kernel takes, and no more than one high-water mark of ours.
    expect(pushed * 10_000).toBeLessThan(4 * 1024 * 1024);
  });
});
