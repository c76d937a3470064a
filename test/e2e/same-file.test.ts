/** Two paths to one ecosystem file are two ecosystems; whoever did not mean that is told in one sentence. */
import { linkSync, symlinkSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { background } from './support/command.ts';
import { run } from './support/supervisor.ts';

test.each(['a symbolic link', 'a hard link', 'a link to its folder'])('%s', async (how) => {
  const { place, command, state } = await background((text) => text.replace('instances: 2', 'instances: 1'));
  const { pid } = (await state()).supervisor;
  const other = how === 'a link to its folder' ? place.path('way/ecosystem.yml') : place.path('other.yml');
  if (how === 'a hard link') linkSync(place.file, other);
  else if (how === 'a symbolic link') symlinkSync(place.file, other);
  else symlinkSync(place.folder, place.path('way'));
  const same = `${other} is the same file as ${place.file}, which a supervisor (pid ${pid}) runs`;
  for (const args of [['ls'], ['down'], ['reload', 'web'], ['logs'], ['show', 'web']]) {
    const { code, out, err } = await run([...args, '--file', other], { inBackground: true });
    expect({ args, code, out, lines: err.split('\n').length }).toEqual({ args, code: 1, out: '', lines: 1 });
    expect(err).toContain(same);
  }
  onTestFinished(async () => {
    await run(['down', '--file', other], { inBackground: true });
  });
  const second = await run(['up', '-d', other], { inBackground: true });
  // The port is taken by the first, which is why it matters.
  expect(second.code).toBe(1);
  expect(second.all).toContain(same);
  expect((await run(['down', '--file', other], { inBackground: true })).code).toBe(0);
  expect((await state()).converged).toBe(true);
  expect((await command('down')).code).toBe(0);
});
