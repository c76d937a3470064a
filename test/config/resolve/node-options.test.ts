import { expect, test } from 'vitest';
import { appOf, DISK, fakeFiles, OPTIONS, parse, told } from '../helpers.ts';

/** `CU1521 error` of each diagnostic. */
const codes = (fields: string, files = OPTIONS.files): string[] =>
  told(parse(`apps: [{ ${fields} }]`, { files })).map((line) => line.replace(/^\S+ /, ''));

test.each([
  '-e 1',
  '--eval=1',
  '-p x',
  '-pe x',
  '--check',
  '--test',
  '--run=start',
  '-v',
  '--help',
  '--import ./x.js --test',
  '["-"]',
])('%s does not run the script', (args) => {
  const written = args.startsWith('[') ? args : `"${args}"`;
  expect(codes(`script: server.js, node_args: ${written}, exec_mode: cluster`)).toEqual(['CU1521 error']);
  expect(codes(`script: server.js, node_args: ${written}, exec_mode: fork`)).toEqual(['CU1521 warning']);
});

test.each([
  '--test-reporter=spec --experimental-vm-modules',
  '--require ./check.js',
  '--title=-e',
  '--inspect=9300',
  '--trace-warnings --no-deprecation',
  '-C test',
])('%s looks like it and is fine', (args) => {
  expect(codes(`script: server.js, node_args: "${args}", exec_mode: cluster`)).toEqual([]);
});

test('--watch is left out in cluster mode, with all that belongs to it', () => {
  const args =
    '--no-warnings --watch-path ./src --watch --watch-preserve-output --watch-path=x --import ./y.js';
  expect(codes(`script: server.js, node_args: "${args}", instances: 2`)).toEqual(['CU1522 warning']);
  expect(appOf(`node_args: "${args}", instances: 2`).process.interpreterArgs).toEqual([
    '--no-warnings',
    '--import',
    './y.js',
  ]);
  expect(appOf(`node_args: "${args}"`).process.interpreterArgs).toHaveLength(8);
});

test('what waits for a debugger is told', () => {
  expect(codes('script: server.js, node_args: --inspect-brk=9300, instances: 2')).toEqual(['CU1522 warning']);
});

test('the first line of a script counts, and other interpreters have options of their own', () => {
  const files = fakeFiles({ ...DISK, '/srv/bin/x': '#!/usr/bin/env -S node --test\n' });
  expect(codes('script: bin/x, instances: 2', files)).toEqual(['CU1521 error']);
  expect(codes('script: main.py, node_args: -c x')).toEqual([]);
});
