/** Commands that write the file or are about files, and the files that a file refers to. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { background } from './support/command.ts';
import { expectNoFailure, getJson, load } from './support/client.ts';
import { root } from './support/runtimes.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { web, type Who } from './support/web.ts';

describe('scale', () => {
  test('writes the count and nothing else, and what runs follows without losing a request', async () => {
    const { place, port, command, pids } = await background();
    const text = place.read();
    const before = await pids();
    const clients = await load(port);
    const more = await command('scale', 'web', '+2');
    expect(more).toMatchObject({ code: 0, err: '' });
    expect(more.out).toContain('web: 2 → 4 (ecosystem.yml)');
    expect(place.read()).toBe(text.replace('instances: 2', 'instances: 4'));
    const during = await pids();
    expect(during).toHaveLength(4);
    expect(during.slice(0, 2)).toEqual(before);
    expect((await command('scale', 'web', '-1')).code).toBe(0);
    expect((await command('scale', 'web', '1')).code).toBe(0);
    expectNoFailure(await clients.stop(100));
    expect(await pids()).toEqual(before.slice(0, 1));
    expect(place.read()).toBe(text.replace('instances: 2', 'instances: 1'));
  });

  test.each([
    ['-99', 'web has 2'],
    ['x', '"x" is no number'],
    ['1.5', '"1.5" is no number'],
  ])('scale web %s is refused in one line, and the file stays', async (amount, why) => {
    const place = scene('web');
    const text = place.read();
    const { code, out, err } = await run(['scale', '-f', place.file, '--', 'web', amount]);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toContain(why);
    expect(err.split('\n')).toHaveLength(1);
    expect(place.read()).toBe(text);
  });

  test('a count that comes from somewhere else is left there', async () => {
    const place = scene('web');
    place.edit((text) => text.replace('instances: 2', 'instances: ${N:-2}'));
    const { code, err } = await run(['scale', 'web', '3', '-f', place.file]);
    expect(code).toBe(1);
    expect(err).toContain('line 5');
    expect(place.read()).toContain('instances: ${N:-2}');
  });
});

describe('files that the file refers to', () => {
  test('an edit of an env_file rolls the app that reads it', async () => {
    const { place, supervisor, who, apply } = await web();
    place.write('VALUE=from the file\n', 'web.env');
    await apply('    env: { PORT', '    env_file: ./web.env\n    env: { PORT');
    await apply(', VALUE: one', '');
    expect((await who()).value).toBe('from the file');
    const mark = supervisor.mark();
    place.write('VALUE=from its edit\n', 'web.env');
    await supervisor.converged(mark);
    expect((await who()).value).toBe('from its edit');
  });

  test('an edit of an included file is followed', async () => {
    const place = scene('web');
    const port = await place.port(8080);
    place.write(place.read(), 'apps.yml');
    place.write('include: [./apps.yml]\n');
    const supervisor = up(place.file);
    await supervisor.converged();
    const mark = supervisor.mark();
    place.write(place.read('apps.yml').replace('VALUE: one', 'VALUE: two'), 'apps.yml');
    await supervisor.converged(mark);
    expect((await getJson<Who>(port)).value).toBe('two');
  });
});

test('init writes a file that runs, and never a second one', async () => {
  const place = scene();
  place.write(readFileSync(path.join(root, 'fixtures/web/server.js'), 'utf8'), 'server.js');
  const first = await run(['init', place.folder]);
  expect(first.code).toBe(0);
  expect((await run(['validate', place.file])).code).toBe(0);
  const text = place.read();
  expect(text).toMatch(/^# yaml-language-server: \$schema=/);
  const second = await run(['init', place.folder]);
  expect(second).toMatchObject({ code: 1, out: '' });
  expect(place.read()).toBe(text);
});

test('import writes the YAML for a JavaScript file of PM2', async () => {
  const place = scene();
  place.write(
    "module.exports = { apps: [{ name: 'a', script: './a.js', instances: 1 + 1 }] };\n",
    'ecosystem.config.js',
  );
  place.write('', 'a.js');
  expect((await run(['import', place.path('ecosystem.config.js'), '-o', place.file])).code).toBe(0);
  expect((await run(['plan', place.file])).out).toContain('a  add     2 workers');
});

test('schema prints the schema, and completion a script that bash understands', async () => {
  const schema = JSON.parse((await run(['schema'])).out) as { $schema: string };
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  const { code, out } = await run(['completion', 'bash']);
  expect(code).toBe(0);
  expect(spawnSync('bash', ['-n'], { input: out }).status).toBe(0);
  const place = scene('web');
  expect((await run(['completion', '--apps', '-f', place.file])).out).toBe('web');
});
