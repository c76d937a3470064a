/** The supervisor as a service: what it tells the service manager, and SIGHUP. */
import { expect, test } from 'vitest';
import { manager, missing } from './support/notify.ts';
import { scene, type Scene } from './support/scene.ts';
import { run, up, type Supervisor } from './support/supervisor.ts';
import { hasTerminal, Terminal } from './support/terminal.ts';
import { until } from './support/until.ts';

const notified = test.skipIf(missing !== null);
const where = missing === null ? '' : ` (skipped: there is no ${missing})`;

function service(socket: string, env = {}, flags: string[] = []): { place: Scene; supervisor: Supervisor } {
  const place = scene('service');
  const options = { env: { NOTIFY_SOCKET: socket, ...env }, flags: ['--only', 'api', ...flags] };
  return { place, supervisor: up(place.file, options) };
}

notified(`ready, reloading, ready again, stopping; with a status${where}`, async () => {
  const socket = `${scene().folder}/notify`;
  const { heard, message } = await manager(socket);
  const { place, supervisor } = service(socket, {}, ['--no-watch']);
  expect(await message('READY')).toEqual({ READY: '1', STATUS: 'api 2/2 online' });
  await supervisor.converged();
  // What the apps see is not for them.
  await supervisor.line(/value one, service \.$/);
  const before = heard.length;
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  supervisor.signal('SIGHUP');
  const reloading = await message('RELOADING', before);
  expect(Number(reloading['MONOTONIC_USEC'])).toBeGreaterThan(0);
  expect(await message('READY', before)).toMatchObject({ STATUS: 'api 2/2 online' });
  await until('both say so', () => supervisor.count(/value two/) === 2);
  supervisor.signal('SIGTERM');
  await message('STOPPING');
  expect(await supervisor.exited()).toEqual({ code: 0, signal: null });
  const order = heard.flatMap((item) => (item === 'silence' ? [] : Object.keys(item)));
  const states = order.filter((name) => /READY|RELOADING|STOPPING/.test(name));
  expect(states).toEqual(['READY', 'RELOADING', 'READY', 'STOPPING']);
});

notified(`an abstract socket, and an app that cannot start${where}`, async () => {
  const place = scene('service');
  const socket = `@cluster-up-test-${process.pid}`;
  const { message } = await manager(socket);
  const supervisor = up(place.file, { env: { NOTIFY_SOCKET: socket } });
  const ready = await message('READY');
  expect(ready['STATUS']).toBe('api 2/2 online, broken 0/1 errored');
  await supervisor.end();
});

notified(`the watchdog is fed while the supervisor is well, and only then${where}`, async () => {
  const socket = `${scene().folder}/notify`;
  const { heard, message } = await manager(socket);
  const { supervisor } = service(socket, { WATCHDOG_USEC: '1000000' });
  await message('READY');
  const beats = (): number => heard.filter((item) => item !== 'silence' && 'WATCHDOG' in item).length;
  const since = heard.length;
  const first = beats();
  await until('beats', () => beats() > first + 4);
  expect(heard.slice(since)).not.toContain('silence');
  const stopped = heard.length;
  supervisor.signal('SIGSTOP');
  try {
    // Not a word for two seconds, where there is one every half.
    await until('silence', () => heard.includes('silence', stopped));
  } finally {
    supervisor.signal('SIGCONT');
  }
  const now = beats();
  await until('beats again', () => beats() > now);
});

notified(`a watchdog that is another process's is not fed${where}`, async () => {
  const socket = `${scene().folder}/notify`;
  const { heard, message } = await manager(socket);
  service(socket, { WATCHDOG_USEC: '200000', WATCHDOG_PID: '1' });
  await message('READY');
  await until('silence', () => heard.filter((item) => item === 'silence').length >= 2);
  expect(heard.filter((item) => item !== 'silence' && 'WATCHDOG' in item)).toEqual([]);
});

test('without systemd-notify the apps run all the same, and it is told once', async () => {
  const { supervisor } = service('/nowhere/notify', { PATH: '/nowhere', WATCHDOG_USEC: '200000' });
  await supervisor.converged();
  await supervisor.line(/the service manager \(NOTIFY_SOCKET\) hears nothing from us: systemd-notify is not/);
  supervisor.signal('SIGTERM');
  await supervisor.exited();
  expect(supervisor.count(/NOTIFY_SOCKET/)).toBe(1);
});

test('SIGHUP reads the file again, also with --no-watch, and also one that is not valid', async () => {
  const place = scene('service');
  const supervisor = up(place.file, { flags: ['--only', 'api', '--no-watch'] });
  await supervisor.converged();
  supervisor.signal('SIGHUP');
  await supervisor.line(/ecosystem\.yml has not changed/);
  place.edit((text) => text.replace('VALUE: one', 'VALUE: two'));
  let mark = supervisor.mark();
  supervisor.signal('SIGHUP');
  await supervisor.converged(mark);
  await until('both say so', () => supervisor.count(/value two/) === 2);
  place.edit((text) => text.replace('instances: 2', 'instances: many'));
  mark = supervisor.mark();
  supervisor.signal('SIGHUP');
  await supervisor.line(/ecosystem\.yml was rejected: what runs goes on unchanged/, { after: mark });
  supervisor.signal('SIGHUP');
  await supervisor.line(/ecosystem\.yml is rejected still: \d+:\d+ CU\d+ /, { after: mark });
  const { out } = await run(['ls', '-f', place.file]);
  expect(out.match(/online/g)).toHaveLength(2);
  expect(supervisor.count(/draining|exited/, mark)).toBe(0);
});

test.skipIf(!hasTerminal)('SIGHUP with a terminal says that it was closed: all is drained', async () => {
  const place = scene('service');
  const terminal = new Terminal(place, ['ecosystem.yml', '--only', 'api']);
  await until(
    () => `converged: ${terminal.raw}`,
    () => terminal.raw.includes('converged in'),
  );
  process.kill(terminal.pid, 'SIGHUP');
  await until(
    () => `its end: ${terminal.raw}`,
    () => /SIGHUP: draining 2 workers[^]*0 END/.test(terminal.raw),
  );
});
