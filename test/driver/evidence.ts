/** What is to be seen of a fault, for whoever has to find it. */
import type { State } from '../../src/model/state.ts';
import { marked } from '../e2e/support/processes.ts';
import { lineOf } from './content.ts';
import type { Model } from './model.ts';
import { processes } from './proc.ts';
import type { World } from './world.ts';

/** What the file says, `ls` in short, and every process of the seed. */
export async function evidence(world: World, model: Model): Promise<string> {
  const state = await world.state();
  const all = processes();
  const living = marked(world.mark).map(({ pid, command }) => {
    const { parent, uid, state: how } = all.get(pid) ?? { parent: 0, uid: 0, state: '' };
    return `  ${how} ${pid} of ${parent}, uid ${uid}: ${command.split('/').slice(-2).join('/')}`;
  });
  const file = model.content.apps.map((app) => lineOf(app).replace('  - ', '  '));
  return [
    'file:',
    ...file,
    ...(state === null ? ['ls: nobody answers'] : listed(state)),
    'processes:',
    ...living,
  ].join('\n');
}

function listed({ converged, supervisor, config, apps }: State): string[] {
  const head = `ls: supervisor ${supervisor.pid}, ${converged ? 'converged' : 'not converged'}, file ${config.state} ${config.error ?? ''}`;
  return [
    head.trim(),
    ...apps.map(({ name, mode, status, ready, desired, revision, rollout, workers }) => {
      const each = workers.map((one) =>
        `${one.slot}=${one.pid ?? '-'} ${one.status} ${one.revision} ${one.reason ?? ''}`.trim(),
      );
      const become = `${rollout.state} ${rollout.from ?? ''}→${rollout.to} ${rollout.message ?? ''}`.trim();
      return `  ${name} ${mode} ${status} ${ready}/${desired} ${revision}; ${become}; ${each.join(', ')}`;
    }),
  ];
}
