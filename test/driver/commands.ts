/** The commands, with what their exit codes must be. */
import type { Random } from '../soak/random.ts';
import { isGood, listens, type App } from './content.ts';
import { stateAgrees } from './invariants.ts';
import { addressOf, type Loss, type Model } from './model.ts';
import { NO_LOSS, type Chances, type Step } from './step.ts';
import { Violation } from './violation.ts';
import type { Ran, World } from './world.ts';

export const commands: Chances = {
  'up -d': { weight: 3, choose: up },
  'up in the foreground': { weight: 1, choose: foreground },
  'two ups at once': { weight: 3, choose: twoUps },
  look: { weight: 5, choose: look },
  validate: { weight: 1, choose: validate },
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

/** A supervisor that was killed left programs: they are ended and started again. */
export function takeOverLosses(model: Model): Map<string, Loss> {
  return new Map(forked(model.running()).map((app) => [addressOf(app), 'any']));
}

function up(model: Model): Step {
  const losses = model.supervision === 'killed' ? takeOverLosses(model) : NO_LOSS;
  if (model.supervision === 'alive') model.apply();
  else if (model.content.fault === null) model.begin();
  return step('up -d', async (world) => check(world, model, await world.up('-d'), 'up -d'), losses);
}

/** It stays a child of this process, so its exit code is seen. */
function foreground(model: Model): Step | null {
  if (model.supervision === 'alive' || !model.asAsked) return null;
  const losses = model.supervision === 'killed' ? takeOverLosses(model) : NO_LOSS;
  model.begin();
  const act: Step['act'] = (world) => {
    world.foreground = world.start(['up', world.place.file]);
    return Promise.resolve();
  };
  return step('up in the foreground', act, losses);
}

function twoUps(model: Model): Step {
  const losses = model.supervision === 'killed' ? takeOverLosses(model) : NO_LOSS;
  if (model.supervision === 'alive') model.apply();
  else if (model.content.fault === null) model.begin();
  const act = async (world: World): Promise<void> => {
    const both = await Promise.all([world.up('-d'), world.up('-d')]);
    for (const ran of both) await check(world, model, ran, 'up -d, two at once');
  };
  return step('two ups at once', act, losses);
}

function look(model: Model, random: Random): Step {
  const app = random.pick(model.applied).name;
  const args = random.pick([['ls'], ['ls', '--json'], ['show', app], ['plan'], ['logs'], ['logs', app]]);
  const [name = '', ...rest] = args;
  return step(args.join(' '), async (world) => {
    const ran =
      name === 'plan' ? await world.run('plan', world.place.file) : await world.command(name, ...rest);
    // A plan needs no supervisor, but a file that is valid.
    const isWell = name === 'plan' ? model.content.fault === null : model.supervision === 'alive';
    const isRight = isWell ? ran.code === 0 : ran.code !== 0;
    if (!isRight)
      throw new Violation(`\`${args.join(' ')}\` ended with ${ran.code ?? 'a signal'}:\n${ran.text}`);
  });
}

function validate(model: Model): Step {
  const { fault } = model.content;
  return step('validate', async (world) => {
    const { code, text } = await world.run('validate', world.place.file);
    if ((code === 0) !== (fault === null))
      throw new Violation(`\`validate\` ended with ${code ?? 'a signal'}:\n${text}`);
  });
}

/** @param again whether what could not start is tried once more. */
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
  const app = random.pick(able);
  const losses = new Map<string, Loss>([[addressOf(app), 'any']]);
  model.stopped.add(app.name);
  model.held.delete(app.name);
  return step(
    `stop ${app.name}`,
    async (world) => {
      await world.command('stop', app.name);
    },
    losses,
  );
}

function start(model: Model, random: Random): Step | null {
  const name = [...model.stopped].at(random.between(0, model.stopped.size - 1));
  if (model.supervision !== 'alive' || name === undefined) return null;
  model.stopped.delete(name);
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
      isGood(app) && app.mode === 'cluster' && !model.stopped.has(app.name) && !model.held.has(app.name),
  );
  if (model.supervision !== 'alive' || able.length === 0) return null;
  const app = random.pick(able);
  model.held.add(app.name);
  return step(`rollback ${app.name}`, async (world) => {
    await world.command('rollback', app.name);
  });
}

function forked(apps: readonly App[]): App[] {
  return apps.filter((app) => app.mode === 'fork' && listens(app));
}
