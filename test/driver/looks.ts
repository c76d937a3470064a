/** Commands that change nothing that runs, with what their exit codes must be. */
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { kill } from '../e2e/support/processes.ts';
import type { Random } from '../soak/random.ts';
import { MAIN } from './content.ts';
import type { Model } from './model.ts';
import { NO_LOSS, type Chances, type Step } from './step.ts';
import { Violation } from './violation.ts';
import type { Ran, World } from './world.ts';

export const looks: Chances = {
  look: { weight: 5, choose: look },
  plan: { weight: 1, choose: plan },
  follow: { weight: 1, choose: follow },
  validate: { weight: 1, choose: validate },
  'look at nothing that runs': { weight: 1, choose: lookAtNothing },
  init: { weight: 1, choose: init },
};

type Expected = 0 | 1 | 2 | 'not 0' | '0 or 2';

function isAs({ code }: Ran, expected: Expected): boolean {
  if (expected === 'not 0') return code !== null && code !== 0;
  return expected === '0 or 2' ? code === 0 || code === 2 : code === expected;
}

function expectRan(what: string, ran: Ran, expected: Expected): void {
  if (isAs(ran, expected)) return;
  throw new Violation(
    `\`${what}\` ended with ${ran.code ?? 'a signal'}, not ${expected}; it printed:\n${ran.text}`,
  );
}

function step(text: string, act: Step['act']): Step {
  return { text, losses: NO_LOSS, endsSupervisor: false, act };
}

/** Asks the supervisor. */
function look(model: Model, random: Random): Step {
  const app = random.pick(model.applied).name;
  const args = random.pick([
    ['ls'],
    ['ls', '--json'],
    ['show', app],
    ['show', app, '--json'],
    ['logs'],
    ['logs', app],
    ['logs', '--json', '--err'],
    ['logs', '--reopen'],
    ['metrics'],
  ]);
  const text = args.join(' ');
  if (text === 'ls --all') return lookAtAll(model);
  const expected = model.supervision === 'alive' ? 0 : 'not 0';
  return step(text, async (world) => expectRan(text, await world.command(...args), expected));
}

/** Shows others of this machine as well, so its exit code says nothing of this one alone. */
function lookAtAll(model: Model): Step {
  const isThere = model.supervision === 'alive';
  return step('ls --all', async (world) => {
    const { text } = await world.command('ls', '--all', '--json');
    if (isThere && !text.includes(world.place.file))
      throw new Violation(`\`ls --all\` does not show what runs:\n${text}`);
  });
}

/** It needs no supervisor, but a file that is valid. */
function plan(model: Model, random: Random): Step {
  const text = random.pick(['plan', 'plan --json', 'plan --exit-code']);
  const [, ...flags] = text.split(' ');
  const isAtRest = model.supervision === 'alive' && model.asAsked && model.untouchedByHand;
  const expected = (isOverlapping: boolean): Expected => {
    if (model.content.fault !== null) return 1;
    if (!flags.includes('--exit-code')) return 0;
    if (model.supervision === 'ended') return 2;
    return isAtRest && !isOverlapping ? 0 : '0 or 2';
  };
  return step(text, async (world) =>
    expectRan(text, await world.command('plan', ...flags), expected(world.overlapping)),
  );
}

/** One that goes on until it is interrupted, or the supervisor has ended. */
function follow(model: Model, random: Random): Step {
  const args = random.pick([
    ['logs', '--follow'],
    ['ls', '--watch'],
  ]);
  const ms = random.between(100, 600);
  const text = args.join(' ');
  const { supervision } = model;
  return step(`${text} for ${ms} ms`, async (world) => {
    const { child, exited } = world.startCommand(...args);
    const ran = await Promise.race([exited, sleep(ms, null)]);
    if (ran === null && child.pid !== undefined) kill(child.pid, 'SIGINT');
    else if (ran !== null && supervision === 'alive' && !world.overlapping)
      throw new Violation(`\`${text}\` ended by itself; it printed:\n${ran.text}`);
    await world.end(exited, text, child);
  });
}

function validate(model: Model, random: Random): Step {
  const format = random.pick(['text', 'text', 'json', 'github', 'sarif', 'junit']);
  const expected = model.content.fault === null ? 0 : 1;
  const text = `validate --format ${format}`;
  return step(text, async (world) =>
    expectRan(text, await world.command('validate', '--format', format), expected),
  );
}

/** For which nothing has to run. */
function lookAtNothing(model: Model, random: Random): Step {
  const args = random.pick([
    ['schema'],
    ['schema', '--markdown'],
    ['completion', random.pick(['bash', 'zsh', 'fish'])],
    ['init', 'systemd', MAIN],
    ['import'],
    ['top'],
  ]);
  const text = args.join(' ');
  if (text === 'import') return step(text, importFromPm2);
  // `top` needs a terminal, and the unit is about a file that is valid.
  const isWell = args[0] === 'init' ? model.content.fault === null : text !== 'top';
  return step(text, async (world) => {
    const those = args.map((arg) => (arg === MAIN ? world.place.file : arg));
    const ran = await (text === 'top' ? world.command('top') : world.run(...those));
    expectRan(text, ran, isWell ? 0 : 'not 0');
  });
}

async function importFromPm2(world: World): Promise<void> {
  const file = path.join(world.place.root, 'pm2.json');
  writeFileSync(file, JSON.stringify({ apps: [{ name: 'api', script: './server.js', instances: 2 }] }));
  expectRan('import pm2.json', await world.run('import', file), 0);
}

/** In a folder that has none yet; what is there is never written over. */
function init(): Step {
  return step('init', async (world) => {
    const folder = path.join(world.place.root, 'first');
    const isThere = existsSync(path.join(folder, MAIN));
    mkdirSync(folder, { recursive: true });
    cpSync(path.join(import.meta.dirname, 'apps/server.js'), path.join(folder, 'server.js'));
    expectRan('init', await world.run('init', folder), isThere ? 'not 0' : 0);
    expectRan('validate', await world.run('validate', path.join(folder, MAIN)), 0);
  });
}
