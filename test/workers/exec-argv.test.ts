import { expect, test } from 'vitest';
import { execArgv, InspectPorts } from '../../src/workers/exec-argv.ts';

test('the agent first, and under permissions with the right to be read', () => {
  const agent = '/opt/dist/agent/agent.cjs';
  expect(execArgv(agent, ['--import', 'tsx'])).toEqual(['--require', agent, '--import', 'tsx']);
  const allow = '--allow-fs-read=/opt/dist/agent/*';
  for (const option of ['--permission', '--experimental-permission'])
    expect(execArgv(agent, [option])).toEqual(['--require', agent, allow, option]);
});

test('each inspector gets the next free port from the one that is named', () => {
  const ports = new InspectPorts();
  expect(ports.take(['--enable-source-maps'])).toBeUndefined();
  expect(['--inspect', '--inspect=9300', '--inspect'].map((option) => ports.take([option]))).toEqual([
    9229, 9300, 9230,
  ]);
  ports.release(9229);
  expect(ports.take(['--inspect-brk=127.0.0.1'])).toBeUndefined();
  expect(ports.take(['--inspect-wait=[::1]:9229'])).toBe(9229);
  expect(ports.take(['--inspect=0.0.0.0:9300', '--inspect-port=9400'])).toBe(9400);
  expect(ports.take(['--inspect=0'])).toBe(0);
  expect([ports.take(['--inspect=65535']), ports.take(['--inspect=65535'])]).toEqual([65535, 0]);
});
