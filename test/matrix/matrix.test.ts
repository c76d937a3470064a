/**
 * No request is lost, whatever replaces a worker: clients of every protocol, which never send anything twice, count
 * every request while workers are replaced in every way. `npm run test:matrix` has all ways on all Nodes; without
 * MATRIX=all it is the fast half.
 */
import { appendFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import { afterAll, describe, expect, test } from 'vitest';
import { node } from '../e2e/support/runtimes.ts';
import { clients } from './clients.ts';
import { broken, rows, table, type Row } from './rows.ts';
import { ways, type Way } from './ways.ts';
import { world } from './world.ts';

const isWhole = process.env['MATRIX'] === 'all';
const version = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' }).trim();
const all: Row[] = [];

afterAll(() => {
  const text = `${table(all)}\n`;
  // Whoever runs it on several Nodes prints one table of all.
  const file = process.env['MATRIX_ROWS'];
  if (file === undefined) process.stdout.write(text);
  else appendFileSync(file, text);
});

describe('0 failed requests of each protocol', () => {
  test.each(ways.filter(({ fast }) => isWhole || fast))('$name', async (way) => {
    const found = await drive(way);
    all.push(...found);
    expect(broken(found)).toEqual([]);
    // Enough of them to mean something: of what takes longest, those that were in flight before it began.
    for (const { protocol, requests } of found) expect(requests, protocol).toBeGreaterThanOrEqual(4);
  });
});

async function drive(way: Way): Promise<Row[]> {
  const lines = (way.lines ?? []).map((line) => `${line}\n    `).join('');
  const here = await world((text) =>
    text.replace('instances: 2', `instances: ${way.instances}`).replace('# here\n    ', lines),
  );
  await way.prepare?.(here);
  const load = await clients(here.ports);
  const crash = await way.replace(here);
  // What came after is answered, too.
  await load.more(1);
  return rows(way.name, version, await load.stop(), crash?.crashedAt ?? null);
}
