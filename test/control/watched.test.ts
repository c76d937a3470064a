import { expect, test } from 'vitest';
import { Gone, type Client } from '../../src/control/client.ts';
import { watched } from '../../src/control/watched.ts';

/** A supervisor that answers when it is told to. */
class Slow {
  readonly asked: string[] = [];
  readonly #waiting: { resolve: (value: null) => void; reject: (error: Error) => void }[] = [];
  readonly client: Client = watched(
    {
      call: (op: string) => {
        this.asked.push(op);
        return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
      },
      close: () => {},
    },
    () => null,
  );

  async answers(error?: Error): Promise<void> {
    for (const { resolve, reject } of this.#waiting.splice(0)) {
      if (error === undefined) resolve(null);
      else reject(error);
    }
    await new Promise(setImmediate);
  }
}

test('nothing is asked of a supervisor before it has answered, and then all at once', async () => {
  const slow = new Slow();
  const [one, two] = [slow.client.call('stop', { app: 'web' }), slow.client.call('rollback', { app: 'web' })];
  await new Promise(setImmediate);
  expect(slow.asked).toEqual(['ping']);
  await slow.answers();
  expect(slow.asked).toEqual(['ping', 'stop', 'rollback']);
  await slow.answers();
  await expect(Promise.all([one, two])).resolves.toEqual([null, null]);
  void slow.client.call('wait', {});
  await new Promise(setImmediate);
  expect(slow.asked.at(-1)).toBe('wait');
});

test('one that does not know the question has answered', async () => {
  const slow = new Slow();
  const call = slow.client.call('wait', {});
  await slow.answers(new Error('there is no operation "ping"'));
  expect(slow.asked).toEqual(['ping', 'wait']);
  const isRejected = expect(call).rejects.toThrow(Gone);
  await slow.answers(new Gone());
  await isRejected;
});
