import { expect, test } from 'vitest';
import type { Code } from '../../src/model/code.ts';
import type { ObservedApp } from '../../src/model/observed.ts';
import { otherCodeText } from '../../src/observe/facts/other-code.ts';
import { spec } from '../plan/build.ts';
import { running } from '../plan/world.ts';

const code = (digest: string): Code => ({ id: digest, from: 'files', folder: '/srv', digest });
const stable = spec({ process: { code: code('11111111') } });

/** Its worker in slot 0 was started from what was there, and the file asks for `asked`. */
function crashed(asked = stable): ObservedApp {
  const [app] = running(stable).observed.apps;
  if (app === undefined) throw new Error('there is no app');
  const workers = app.workers.map((worker) =>
    worker.slot === 0 ? { ...worker, otherCode: '33333333' } : worker,
  );
  return { ...app, spec: asked, stable, workers };
}

test('names both, and how to go on', () => {
  expect(otherCodeText(crashed())).toBe(
    'runs other code in slot 0 (33333333), as that of its revision (11111111) is not in /srv any more; `cluster-up reload web` rolls all workers to what is there',
  );
});

test('a worker of the stable revision is of its own code, whatever the file asks for by now', () => {
  const failed = spec({ revision: 'b', process: { code: code('22222222') } });
  expect(otherCodeText(crashed(failed))).toContain('that of its revision (11111111)');
});

test('where nobody runs other code there is nothing to say', () => {
  const [app] = running(stable).observed.apps;
  expect(app === undefined ? '' : otherCodeText(app)).toBeNull();
});
