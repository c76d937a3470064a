/** What happens to the processes: kills and signals; and how a supervisor ends. */
import type { Random } from '../soak/random.ts';
import { isAlive, kill } from '../e2e/support/processes.ts';
import { until } from '../e2e/support/until.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { listens } from './content.ts';
import { expectCode } from './commands.ts';
import { addressOf, outlives, type Loss, type Model } from './model.ts';
import { NO_LOSS, type Chances, type Step } from './step.ts';
import { Violation } from './violation.ts';
import type { World } from './world.ts';

/** How long a supervisor may take to end, in ms. */
const END = 15_000;

/** None of the apps listens for one. */
const ENDING: readonly NodeJS.Signals[] = ['SIGTERM', 'SIGHUP', 'SIGSEGV'];

export const blows: Chances = {
  'kill a worker': { weight: 5, choose: (model, random) => strike(['SIGKILL'], model, random) },
  'terminate a worker': { weight: 2, choose: (model, random) => strike(ENDING, model, random) },
  'suspend a worker': { weight: 2, choose: suspend },
  'signal the supervisor': { weight: 2, choose: signal },
  'kill the supervisor': { weight: 3, choose: killSupervisor },
  'end the supervisor': { weight: 1, choose: endSupervisor },
  'end the supervisor at once': { weight: 1, choose: endAtOnce },
  down: { weight: 2, choose: down },
  'two downs at once': { weight: 1, choose: twoDowns },
  'remove the control socket': { weight: 1, choose: removeSocket },
  'remove the state folder': { weight: 1, choose: removeHome },
  'suspend the supervisor': { weight: 1, choose: suspendSupervisor },
};

async function victim(world: World, name: string, slot: number): Promise<number | null> {
  const state = await world.state();
  const workers = state?.apps.find((app) => app.name === name)?.workers ?? [];
  const pid = (workers[slot] ?? workers[0])?.pid ?? null;
  if (pid === null && !world.overlapping) throw new Violation(`${name} has no worker to strike`);
  return pid;
}

function strike(signals: readonly NodeJS.Signals[], model: Model, random: Random): Step | null {
  const running = model.running();
  // Without its folder no worker can be started again.
  const isAway = model.content.fault === 'folder away';
  if (model.supervision !== 'alive' || running.length === 0 || isAway) return null;
  const signal = random.pick(signals);
  const app = random.pick(running);
  const slot = random.between(0, app.instances - 1);
  const loss: Loss = app.mode === 'cluster' ? 'cut' : 'any';
  const losses = new Map<string, Loss>([[addressOf(app), loss]]);
  const act: Step['act'] = async (world) => {
    const pid = await victim(world, app.name, slot);
    if (pid === null) return;
    kill(pid, signal);
    await hasEnded(pid);
  };
  return { text: `${signal} ${app.name}:${slot}`, losses, endsSupervisor: false, act };
}

function suspend(model: Model, random: Random): Step | null {
  const running = model.running();
  if (model.supervision !== 'alive' || running.length === 0) return null;
  const app = random.pick(running);
  const ms = random.between(50, 400);
  const act: Step['act'] = async (world) => {
    const pid = await victim(world, app.name, 0);
    if (pid === null) return;
    kill(pid, 'SIGSTOP');
    await sleep(ms);
    kill(pid, 'SIGCONT');
  };
  return { text: `SIGSTOP ${app.name} for ${ms} ms`, losses: NO_LOSS, endsSupervisor: false, act };
}

async function hasEnded(pid: number): Promise<void> {
  await until(`${pid} ends`, () => !isAlive(pid), END).catch((error: unknown) => {
    throw new Violation((error as Error).message);
  });
}

/** Where the supervisor ran in the foreground, its exit code is known. */
async function foregroundEnds(world: World, ...codes: (number | null)[]): Promise<void> {
  if (world.foreground === null) return;
  const { child, exited } = world.foreground;
  world.foreground = null;
  const ran = await world.end(exited, 'up in the foreground', child);
  if (codes.includes(ran.code) || world.overlapping) return;
  throw new Violation(
    `\`up\` in the foreground ended with ${ran.code ?? 'a signal'}; it printed:\n${ran.text}`,
  );
}

async function supervisorOf(world: World): Promise<number> {
  const state = await world.state();
  if (state === null) throw new Violation('no supervisor answers');
  return state.supervisor.pid;
}

function signal(model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive') return null;
  const name = random.pick(['SIGHUP', 'SIGUSR2'] as const);
  const act: Step['act'] = async (world) => kill(await supervisorOf(world), name);
  return { text: `${name} to the supervisor`, losses: NO_LOSS, endsSupervisor: false, act };
}

function killSupervisor(model: Model): Step | null {
  // What runs of a file that is not as asked, or of an earlier one, the next supervisor cannot know.
  if (model.supervision !== 'alive' || !model.asAsked || model.held.size > 0) return null;
  const losses = new Map<string, Loss>();
  for (const app of model.running()) if (listens(app) && !outlives(app)) losses.set(addressOf(app), 'any');
  model.supervision = 'killed';
  const act: Step['act'] = async (world) => {
    const pid = await supervisorOf(world);
    kill(pid, 'SIGKILL');
    await hasEnded(pid);
    await foregroundEnds(world, null);
  };
  return { text: 'SIGKILL to the supervisor', losses, endsSupervisor: true, act };
}

function allLost(model: Model): Map<string, Loss> {
  return new Map(
    model
      .running()
      .filter(listens)
      .map((app) => [addressOf(app), 'any']),
  );
}

function endSupervisor(model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive') return null;
  const name = random.pick(['SIGINT', 'SIGTERM'] as const);
  const losses = allLost(model);
  model.end();
  const act: Step['act'] = async (world) => {
    const pid = await supervisorOf(world);
    kill(pid, name);
    await hasEnded(pid);
    await foregroundEnds(world, 0);
  };
  return { text: `${name} to the supervisor`, losses, endsSupervisor: true, act };
}

/** With what is in flight. */
function endAtOnce(model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive') return null;
  const [name, code] = random.pick([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const);
  const losses = allLost(model);
  model.end();
  const act: Step['act'] = async (world) => {
    const pid = await supervisorOf(world);
    kill(pid, name);
    // A second one that comes sooner is taken for the same key.
    await sleep(150);
    kill(pid, name);
    await hasEnded(pid);
    // All may have been drained by then, and Node be on its way out, where it hears no signal any more.
    await foregroundEnds(world, code, 0, null);
  };
  return { text: `${name} twice to the supervisor`, losses, endsSupervisor: true, act };
}

function twoDowns(model: Model): Step | null {
  if (model.supervision !== 'alive') return null;
  const losses = allLost(model);
  model.end();
  const act: Step['act'] = async (world) => {
    const both = await Promise.all([world.command('down'), world.command('down')]);
    // The other one may come when nothing is left to end.
    if (!both.some(({ code }) => code === 0))
      throw new Violation(
        `neither \`down\` ended with 0; they printed:\n${both.map(({ text }) => text).join('')}`,
      );
    await foregroundEnds(world, 0);
  };
  return { text: 'two downs at once', losses, endsSupervisor: true, act };
}

function down(model: Model): Step | null {
  const was = model.supervision;
  // Where all that could serve on was stopped, there may be a program left, or nothing.
  const isOpen = was === 'killed' && model.running().length === 0;
  const losses = allLost(model);
  model.end();
  const act: Step['act'] = async (world) => {
    const ran = await world.command('down');
    if (!isOpen) await expectCode(world, model, ran, was === 'ended' ? 'not 0' : 0, 'down');
    await foregroundEnds(world, 0);
  };
  return { text: `down, ${was}`, losses, endsSupervisor: true, act };
}

/** The supervisor and every command find each other again. */
function removeSocket(model: Model): Step | null {
  if (model.supervision !== 'alive') return null;
  const act: Step['act'] = (world) => world.removeControlSocket();
  return { text: 'the control socket removed', losses: NO_LOSS, endsSupervisor: false, act };
}

function removeHome(model: Model): Step | null {
  if (model.supervision !== 'alive') return null;
  const act: Step['act'] = (world) => world.removeHome();
  return { text: 'the state folder removed', losses: NO_LOSS, endsSupervisor: false, act };
}

function suspendSupervisor(model: Model, random: Random): Step | null {
  if (model.supervision !== 'alive') return null;
  const ms = random.between(50, 400);
  // Where it accepts itself, requests wait for it.
  const act: Step['act'] = async (world) => {
    const pid = await supervisorOf(world);
    kill(pid, 'SIGSTOP');
    await sleep(ms);
    kill(pid, 'SIGCONT');
  };
  return { text: `SIGSTOP to the supervisor for ${ms} ms`, losses: NO_LOSS, endsSupervisor: false, act };
}
