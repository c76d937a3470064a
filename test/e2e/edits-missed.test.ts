/** Edits that no watch tells of: each is applied all the same, and `ls` says what is true of the file. */
import {
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { State } from '../../src/model/state.ts';
import { getJson } from './support/client.ts';
import { freePort } from './support/ports.ts';
import { scene } from './support/scene.ts';
import { run, up } from './support/supervisor.ts';
import { until } from './support/until.ts';
import { web, type Who } from './support/web.ts';

test('removed and written, and 80 ms later again, as git, rsync and several editors do', async () => {
  const { place, who } = await web();
  const text = place.read();
  const save = async (value: string): Promise<void> => {
    unlinkSync(place.file);
    // Long enough for the watch to see that it is gone.
    await sleep(1);
    place.write(text.replace('VALUE: one', `VALUE: ${value}`));
  };
  for (let i = 1; i <= 12; i++) {
    await save(`first${i}`);
    await sleep(80);
    await save(`second${i}`);
    await until(`the second of save ${i} is served`, async () => (await who()).value === `second${i}`, 5000);
  }
  await until('it is as the file asks', async () => {
    const { config, converged } = await stateOf(place.file);
    return config.state === 'applied' && converged;
  });
  expect((await who()).value).toBe('second12');
});

test('the folder replaced: further plain edits are applied', async () => {
  const { at, edit, make, served } = await twoFiles();
  make('next', 'folder', 'folder');
  renameSync(at('conf'), at('old'));
  renameSync(at('next'), at('conf'));
  await served('folder', 'folder');
  edit('ecosystem.yml', 'plain');
  edit('parts/part.yml', 'plain');
  await served('plain', 'plain');
  // The folder of an included file alone.
  make('other', 'unused', 'inner');
  renameSync(at('conf/parts'), at('old/parts.old'));
  renameSync(at('other/parts'), at('conf/parts'));
  await served('plain', 'inner');
  edit('parts/part.yml', 'deep');
  await served('plain', 'deep');
});

test('a link in the place of the file and back, moved away and back: further plain edits are applied', async () => {
  const { at, file, edit, served } = await twoFiles();
  writeFileSync(at('elsewhere.yml'), readFileSync(file, 'utf8').replace('VALUE: one', 'VALUE: linked'));
  symlinkSync(at('elsewhere.yml'), at('link'));
  renameSync(at('link'), file);
  await served('linked', 'one');
  unlinkSync(file);
  copyFileSync(at('elsewhere.yml'), file);
  edit('ecosystem.yml', 'back');
  await served('back', 'one');
  renameSync(file, at('away.yml'));
  await until(
    'it is rejected, and what runs goes on',
    async () => (await stateOf(file)).config.error === 'ecosystem.yml is not there',
  );
  await served('back', 'one', 'rejected');
  renameSync(at('away.yml'), file);
  await served('back', 'one');
  edit('ecosystem.yml', 'last');
  await served('last', 'one');
});

test('the same mistake again after a valid content is rejected again', async () => {
  const { file, edit, served } = await twoFiles();
  for (const value of ['two', 'three']) {
    const valid = readFileSync(file, 'utf8');
    writeFileSync(file, 'apps: [{ nam: x }]\n');
    await until('it is rejected', async () => (await stateOf(file)).config.state === 'rejected');
    writeFileSync(file, valid);
    edit('ecosystem.yml', value);
    await served(value, 'one');
  }
});

/** An app in the file and one in a file that it includes, running. */
async function twoFiles() {
  const place = scene('web');
  const at = place.path;
  const ports = [await place.port(8080), await freePort()] as const;
  const main = place.read().replace('./server.js', at('server.js')).replace('instances: 2', 'instances: 1');
  const part = main.replace('name: web', 'name: part').replace(String(ports[0]), String(ports[1]));
  const make = (folder: string, value: string, inPart: string): void => {
    mkdirSync(at(`${folder}/parts`), { recursive: true });
    const text = `include: parts/part.yml\n${main}`;
    writeFileSync(at(`${folder}/ecosystem.yml`), text.replace('VALUE: one', `VALUE: ${value}`));
    writeFileSync(at(`${folder}/parts/part.yml`), part.replace('VALUE: one', `VALUE: ${inPart}`));
  };
  make('conf', 'one', 'one');
  const file = at('conf/ecosystem.yml');
  const supervisor = up(file);
  await supervisor.converged();
  const edit = (name: string, value: string): void => {
    const text = readFileSync(at(`conf/${name}`), 'utf8');
    writeFileSync(at(`conf/${name}`), text.replace(/VALUE: \w+/, `VALUE: ${value}`));
  };
  /** Waits until the apps answer so, and the state says that it is so. */
  const served = async (value: string, inPart: string, state = 'applied'): Promise<void> => {
    const wanted = [value, inPart, state, String(state === 'applied')].join();
    let last = '';
    await until(
      () => `${wanted}: ${last}\n${supervisor.text()}`,
      async () => {
        const { config, converged } = await stateOf(file);
        const values = await Promise.all(ports.map(async (port) => (await getJson<Who>(port)).value));
        last = [...values, config.state, converged].join();
        return last === wanted;
      },
      10_000,
    );
  };
  return { at, file, edit, make, served };
}

async function stateOf(file: string): Promise<State> {
  return JSON.parse((await run(['ls', '--json', '-f', file])).out) as State;
}
