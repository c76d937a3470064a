/** Two steps that do not wait for each other. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Random } from '../soak/random.ts';
import { blows } from './blows.ts';
import { commands } from './commands.ts';
import { looks } from './looks.ts';
import { listens, type App } from './content.ts';
import { mistakes } from './mistakes.ts';
import { addressOf, outlives, type Loss, type Model } from './model.ts';
import { next, save } from './save.ts';
import type { Chances, Choice, Step } from './step.ts';
import { kill } from '../e2e/support/processes.ts';

/** The second one begins at most so much later, in ms. */
const GAP = 400;

const chosen = (chances: Chances, ...names: string[]): Choice[] =>
  names.flatMap((name) => chances[name]?.choose ?? []);
const FIRST: readonly Choice[] = [
  envEdit,
  envEdit,
  ...chosen(mistakes, 'rename', 'bad edit', 'invalid edit'),
  ...chosen(commands, 'reload', 'up -d'),
];
const SECOND: readonly Choice[] = [
  ...chosen(commands, 'reload', 'up -d', 'two ups at once', 'stop'),
  ...chosen(looks, 'look', 'plan', 'follow'),
  ...chosen(blows, 'kill a worker', 'down', 'down', 'signal the supervisor', 'suspend the supervisor'),
];

export const overlaps: Chances = {
  'two at a time': { weight: 10, choose: twoAtATime },
  'kill the supervisor during an edit': { weight: 3, choose: killDuringEdit },
};

function twoAtATime(model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive' || !model.asAsked) return null;
  const were = model.running();
  const first = random.pick(FIRST)(model, random);
  if (first === null) return null;
  // Of a start and an end at one time either may be the last.
  const isStart = first.text.startsWith('up');
  const second = random.pick(isStart ? SECOND.filter((choice) => choice !== blows['down']?.choose) : SECOND)(
    model,
    random,
  );
  if (second === null) return first;
  // Of two that change places, the earlier one may not have left when the later one is stopped.
  for (const app of model.content.apps) {
    if (!model.stopped.has(app.name)) continue;
    for (const old of were) if (addressOf(old) === addressOf(app)) model.mayStay.set(old.name, app.name);
  }
  const gap = random.between(0, GAP);
  return {
    text: `${first.text}; ${gap} ms later ${second.text}`,
    losses: worse(first.losses, second.losses),
    endsSupervisor: first.endsSupervisor || second.endsSupervisor,
    act: async (world) => {
      world.overlapping = true;
      const later = sleep(gap).then(() => second.act(world));
      await Promise.all([first.act(world), later]).finally(() => (world.overlapping = false));
    },
  };
}

function worse(a: ReadonlyMap<string, Loss>, b: ReadonlyMap<string, Loss>): Map<string, Loss> {
  const both = new Map(a);
  for (const [address, loss] of b) if (both.get(address) !== 'any') both.set(address, loss);
  return both;
}

/** Of any app in cluster mode: it has to roll. */
function envEdit(model: Model, random: Random): Step | null {
  const able = model.content.apps.filter(({ mode }) => mode === 'cluster');
  if (able.length === 0 || !model.asAsked) return null;
  const app = random.pick(able);
  const apps = edited(model.content.apps, app, next(model));
  return save(`env of ${app.name}`, { apps, fault: null }, model, random);
}

/** Wherever the rollout is then, who serves goes on, and the next supervisor brings it to its end. */
function killDuringEdit(model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive' || !model.asAsked || model.held.size > 0) return null;
  const edit = envEdit(model, random);
  if (edit === null) return null;
  const losses = new Map<string, Loss>(edit.losses);
  for (const app of model.running()) if (listens(app) && !outlives(app)) losses.set(addressOf(app), 'any');
  model.supervision = 'killed';
  model.isBetween = true;
  const gap = random.between(0, 2 * GAP);
  const act: Step['act'] = async (world) => {
    const pid = (await world.state())?.supervisor.pid;
    await edit.act(world);
    await sleep(gap);
    if (pid !== undefined) kill(pid, 'SIGKILL');
    world.foreground = null;
  };
  return {
    text: `${edit.text}; ${gap} ms later SIGKILL to the supervisor`,
    losses,
    endsSupervisor: true,
    act,
  };
}

function edited(apps: readonly App[], app: App, value: number): App[] {
  return apps.map((other) => (other === app ? { ...app, value } : other));
}
