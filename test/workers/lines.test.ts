/** The output of a process on its way into a log file. */
import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { LogFiles } from '../../src/logs/log-files.ts';
import { pipeLines } from '../../src/workers/lines.ts';
import { FakeDisk } from '../logs/fake-disk.ts';
import { spec } from '../plan/build.ts';

test.each([
  ['Latin-1', Buffer.from('caf\xe9\nna\xefve\n', 'latin1')],
  ['a dump of bytes', Buffer.from([...Array(256).keys()].filter((byte) => byte !== 13).concat(10))],
])('%s is in the file as it was written', async (_what, bytes) => {
  const disk = new FakeDisk();
  const files = new LogFiles({ disk, say: () => {} });
  const app = spec({ instances: 1, logs: { out: '/srv/out.log' } });
  files.apply([app]);
  const stream = Readable.from([bytes.subarray(0, 5), bytes.subarray(5)]);
  const ended = new Promise((resolve) => stream.on('close', resolve));
  pipeLines(stream, { id: 1, slot: 0, spec: app }, 'out', files);
  await ended;
  await files.end();
  expect(disk.files.get('/srv/out.log')?.bytes.equals(bytes)).toBe(true);
});
