/** The commands, with what their exit codes must be. */
import type { Random } from '../soak/random.ts';
import { isGood, listens } from './content.ts';
import { stateAgrees } from './invariants.ts';
import { addressOf, lossesOf, type Loss, type Model } from './model.ts';
import { NO_LOSS, type Chances, type Step } from './step.ts';
import { Violation } from './violation.ts';
import type { Ran, World } from './world.ts';

export const commands: Chances = {
  'up -d': { weight: 3, choose: up },
  'up --once': { weight: 1, choose: once },
  'up in the foreground': { weight: 1, choose: foreground },
  'two ups at once': { weight: 3, choose: twoUps },
  reload: { weight: 4, choose: (model, random) => steer('reload', model, random) },
  restart: { weight: 2, choose: (model, random) => steer('restart', model, random) },
  stop: { weight: 2, choose: stop },
  start: { weight: 6, choose: start },
  scale: { weight: 4, choose: scale },
  rollback: { weight: 2, choose: rollback },
};

function step(text: string, act: Step['act'], losses: ReadonlyMap<string, Loss> = NO_LOSS): Step {
  return { text, losses, endsSupervisor: false, act };
}

/** Right after it has returned, what it claims holds. */
export async function expectCode(
  world: World,
  model: Model,
  ran: Ran,
  expected: 0 | 'not 0',
  what: string,
): Promise<void> {
  if (world.overlapping) return;
  const isRight = expected === 0 ? ran.code === 0 : ran.code !== 0 && ran.code !== null;
  if (!isRight)
    throw new Violation(
      `\`${what}\` ended with ${ran.code ?? 'a signal'}, not ${expected}; it printed:\n${ran.text}`,
    );
  if (expected !== 0 || model.supervision !== 'alive') return;
  const state = await world.state();
  if (state === null) throw new Violation(`\`${what}\` ended with 0, and no supervisor answers`);
  const wrong = stateAgrees(state, model, { atRest: false });
  if (wrong.length > 0) throw new Violation(`\`${what}\` ended with 0, but: ${wrong.join('; ')}`);
}

/** What a command that waits for all to be well ends with; null where the contract leaves it open. */
function outcome(model: Model): 0 | 'not 0' | null {
  if (!model.asAsked) return 'not 0';
  return model.untouchedByHand ? 0 : null;
}

async function check(world: World, model: Model, ran: Ran, what: string): Promise<void> {
  const expected = outcome(model);
  if (expected !== null) await expectCode(world, model, ran, expected, what);
}

function up(model: Model, random: Random): Step {
  const ways = ['up -d', 'up -d', 'up --wait', 'up -d --timeout 25s'];
  // Beside one that runs it returns as well.
  if (model.supervision === 'alive') ways.push('up', 'up --once');
  const text = random.pick(ways);
  const losses = beginOrApply(model);
  const [, ...flags] = text.split(' ');
  return step(text, async (world) => check(world, model, await world.up(...flags), text), losses);
}

/** Where one was killed, the edits since then come with the next one, and with what they cost. */
function beginOrApply(model: Model): ReadonlyMap<string, Loss> {
  const were = model.running();
  if (model.supervision === 'alive') model.apply();
  else if (model.content.fault === null) model.begin();
  return lossesOf(were, model.running());
}

/** It ends where not all can be had at first, and so does what it has started. */
function once(model: Model): Step | null {
  if (model.supervision !== 'ended') return null;
  beginOrApply(model);
  const expected = model.asAsked ? 0 : 'not 0';
  if (!model.asAsked) model.end();
  const act: Step['act'] = async (world) =>
    expectCode(world, model, await world.up('-d', '--once'), expected, 'up -d --once');
  return step('up -d --once', act);
}

/** It stays a child of this process, so its exit code is seen. */
function foreground(model: Model): Step | null {
  if (model.supervision === 'alive' || !model.asAsked) return null;
  const losses = beginOrApply(model);
  const act: Step['act'] = (world) => {
    world.foreground = world.start(['up', world.place.file]);
    return Promise.resolve();
  };
  return step('up in the foreground', act, losses);
}

function twoUps(model: Model): Step {
  const losses = beginOrApply(model);
  const act = async (world: World): Promise<void> => {
    const both = await Promise.all([world.up('-d'), world.up('-d')]);
    for (const ran of both) await check(world, model, ran, 'up -d, two at once');
  };
  return step('two ups at once', act, losses);
}

function steer(what: 'reload' | 'restart', model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive') return null;
  const able = model.applied.filter((app) => isGood(app) && !model.stopped.has(app.name));
  const target = random.next() < 0.3 || able.length === 0 ? null : random.pick(able);
  const those = model.running().filter((app) => target === null || app.name === target.name);
  const losses = new Map<string, Loss>(
    those
      .filter(listens)
      .map((app) => [addressOf(app), app.mode === 'fork' || what === 'restart' ? 'any' : 'none']),
  );
  const name = target?.name ?? 'all';
  if (what === 'reload')
    for (const { name } of target === null ? model.applied : [target]) model.held.delete(name);
  // A replaced revision may be gone back to: which one that is, is not known here.
  const act: Step['act'] = async (world) => {
    const ran = await world.command(what, name);
    if (model.asAsked) await check(world, model, ran, `${what} ${name}`);
  };
  return step(`${what} ${name}`, act, losses);
}

function stop(model: Model, random: Random): Step | null {
  const able = model.applied.filter((app) => isGood(app) && !model.stopped.has(app.name));
  if (model.supervision !== 'alive' || able.length < 2) return null;
  const all = model.asAsked && random.next() < 0.2;
  const those = all ? able : [random.pick(able)];
  const name = all ? 'all' : (those[0]?.name ?? '');
  const losses = new Map<string, Loss>(those.map((app) => [addressOf(app), 'any']));
  for (const app of those) model.stopped.add(app.name);
  return step(
    `stop ${name}`,
    async (world) => {
      await world.command('stop', name);
    },
    losses,
  );
}

function start(model: Model, random: Random): Step | null {
  const one = [...model.stopped].at(random.between(0, model.stopped.size - 1));
  if (model.supervision !== 'alive' || one === undefined) return null;
  const name = random.next() < 0.3 ? 'all' : one;
  if (name === 'all') model.stopped.clear();
  else model.stopped.delete(name);
  return step(`start ${name}`, async (world) => {
    const ran = await world.command('start', name);
    // It is about what was applied last, whatever the file says by now.
    if (model.asAsked) await check(world, model, ran, `start ${name}`);
  });
}

/** Writes the count into the file. */
function scale(model: Model, random: Random): Step | null {
  const able = model.content.apps.filter(
    (app) =>
      isGood(app) &&
      app.from === 'main' &&
      (app.mode === 'cluster' || app.port === null) &&
      !model.stopped.has(app.name),
  );
  if (model.supervision !== 'alive' || !model.asAsked || able.length === 0) return null;
  const app = random.pick(able);
  const instances = random.between(1, 3);
  const by = instances - app.instances;
  const amount = random.next() < 0.5 || by === 0 ? String(instances) : `${by > 0 ? '+' : ''}${by}`;
  const apps = model.content.apps.map((other) => (other === app ? { ...app, instances } : other));
  model.content = { apps, fault: null };
  model.apply();
  // A minus is no option of the command.
  const args = amount.startsWith('-') ? [app.name, '--', amount] : [app.name, amount];
  return step(`scale ${app.name} ${amount}`, async (world) => {
    const ran = await world.run('scale', '-f', world.place.file, ...args);
    await check(world, model, ran, `scale ${args.join(' ')}`);
  });
}

function rollback(model: Model, random: Random): Step | null {
  const able = model.applied.filter(
    (app) =>
      isGood(app) &&
      app.mode === 'cluster' &&
      ![model.stopped, model.held, model.moved].some((names) => names.has(app.name)),
  );
  if (model.supervision !== 'alive' || able.length === 0) return null;
  const app = random.pick(able);
  model.held.add(app.name);
  return step(`rollback ${app.name}`, async (world) => {
    await world.command('rollback', app.name);
  });
}
