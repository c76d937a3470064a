/** How much is read of what a file names, in all. */
import { expect, test } from 'vitest';
import { remembering } from '../../../src/config/read/file-access.ts';
import { fakeFiles, parse } from '../helpers.ts';

const MIB = 2 ** 20;

test('files that are named are read up to a sum, then no more of them', () => {
  const read: string[] = [];
  const files = remembering({
    ...fakeFiles({}),
    text: (path) => {
      read.push(path);
      return 'x'.repeat(4 * MIB);
    },
  });
  const texts = Array.from({ length: 1000 }, (_, i) => files.text(`/srv/${i}.env`));
  expect(texts.filter((text) => text !== null)).toHaveLength(8);
  expect(read).toHaveLength(9);
  expect(files.whyNoText('/srv/500.env')).toBe('it and the others are larger than 32 MiB in all');
  // One that has been read is known.
  expect(files.text('/srv/0.env')).toHaveLength(4 * MIB);
});

test('a file of many large ones is an error, said in a sentence, and reads no more than that', () => {
  let read = 0;
  const files = {
    ...fakeFiles({ '/srv/server.js': '' }),
    kind: () => 'file' as const,
    text: (path: string) => {
      if (!path.endsWith('.env')) return null;
      read += 1;
      return `A=${'x'.repeat(MIB)}`;
    },
  };
  const apps = Array.from(
    { length: 100 },
    (_, i) => `  - { name: a${i}, script: server.js, env_file: ${i}.env }\n`,
  );
  const { desired, diagnostics } = parse(`apps:\n${apps.join('')}`, { files });
  expect(desired).toBeNull();
  expect(diagnostics.some(({ message }) => message.includes('larger than 32 MiB in all'))).toBe(true);
  expect(read).toBeLessThan(40);
});
