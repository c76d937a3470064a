/** What must hold once all is at rest: the file, `ls --json`, the processes and the answers agree. */
import { realpathSync } from 'node:fs';
import http from 'node:http';
import type { AppState, State } from '../../src/model/state.ts';
import { marked } from '../e2e/support/processes.ts';
import { isGood, listens, type App } from './content.ts';
import { targetOf } from './load.ts';
import { outlives, type Model } from './model.ts';
import { cwdOf, descends, processes, type Process } from './proc.ts';
import type { World } from './world.ts';

const NOBODY = 65_534;

/** What does not hold now, a sentence each. */
export async function violations(world: World, model: Model): Promise<string[]> {
  const state = await world.state();
  if (model.supervision !== 'alive') {
    const wrong =
      state === null ? [] : [`a supervisor answers (pid ${state.supervisor.pid}), none should run`];
    return [...wrong, ...(await answers(model)), ...leftovers(world, model)];
  }
  if (state === null) return ['no supervisor answers'];
  const wrong = [...stateAgrees(state, model, { atRest: true }), ...codeAgrees(world, state, model)];
  // What takes longer to look at is looked at last.
  if (wrong.length > 0) return wrong;
  return [...(await answers(model)), ...processesAgree(world, state, model)];
}

/** A folder that has become another one is noticed once that is what the apps are asked to run from. */
function codeAgrees({ place }: World, { apps }: State, { content, applied, held }: Model): string[] {
  if (content.fault !== null) return [];
  const folder = realpathSync(place.folder);
  return apps.flatMap(({ name, code }) => {
    const isAsked = applied.some((app) => app.name === name) && !held.has(name);
    if (!isAsked || code === undefined || code.folder === folder) return [];
    return [`${name} is to run from ${code.folder}, not from ${folder}`];
  });
}

/** @param atRest whether nothing may be on its way out. */
export function stateAgrees(state: State, model: Model, { atRest }: { atRest: boolean }): string[] {
  const wrong: string[] = [];
  const config = model.content.fault === null ? 'applied' : 'rejected';
  if (state.config.state !== config) {
    wrong.push(`config.state is ${state.config.state} (${state.config.error ?? 'no error'}), not ${config}`);
  }
  if (model.asAsked && model.untouchedByHand && !state.converged) wrong.push('not converged');
  if (model.stopped.size > 0 && state.converged) wrong.push('converged, although an app is stopped by hand');
  if (!model.applied.every(isGood) && state.converged) wrong.push('converged, although an app cannot start');
  const names = new Set([...model.applied, ...model.kept].map(({ name }) => name));
  for (const { name } of state.apps)
    if (!names.has(name) && !model.isTolerated(name)) wrong.push(`${name} is listed, but not in the file`);
  const running = new Map(model.running().map((app) => [app.name, app]));
  for (const name of names) {
    const listed = state.apps.find((app) => app.name === name);
    if (listed === undefined) wrong.push(`${name} is not listed`);
    else wrong.push(...appAgrees(listed, running.get(name), model).map((text) => `${name} ${text}`));
  }
  if (atRest) {
    for (const { name, workers } of state.apps) {
      // An app that never was well is tried again and again.
      if (!running.has(name) && !model.stopped.has(name)) continue;
      const moving = workers.filter(({ status }) => status !== 'online' && status !== 'stopped');
      wrong.push(
        ...moving.map(({ slot, status, reason }) => `${name}:${slot} is ${status} (${reason ?? ''})`),
      );
    }
  }
  return wrong;
}

function appAgrees(listed: AppState, app: App | undefined, model: Model): string[] {
  const online = listed.workers.filter(({ status }) => status === 'online');
  if (app === undefined) {
    if (model.stopped.has(listed.name))
      return online.length === 0 ? [] : ['was stopped by hand, but has workers'];
    return online.length === 0 ? [] : ['never starts, but has workers that are online'];
  }
  const wrong: string[] = [];
  if (listed.mode !== app.mode && !model.held.has(app.name))
    wrong.push(`has the mode ${listed.mode}, not ${app.mode}`);
  if (listed.ready !== app.instances || online.length !== app.instances) {
    wrong.push(`has ${listed.ready} ready and ${online.length} online, not ${app.instances}`);
  }
  const slots = new Set(online.map(({ slot }) => slot));
  if (slots.size !== online.length) wrong.push('has two workers in one slot');
  const revisions = new Set(online.map(({ revision }) => revision));
  if (revisions.size > 1) wrong.push(`runs ${[...revisions].join(' and ')} at once`);
  const isAsAsked = model.applied.some(({ name, script }) => name === app.name && script === app.script);
  if (isAsAsked && listed.rollout.state !== 'complete' && !model.held.has(app.name)) {
    wrong.push(`has the rollout ${listed.rollout.state}: ${listed.rollout.message ?? ''}`);
  }
  return wrong;
}

interface Answer {
  readonly app: string;
  readonly value: string;
  readonly args: readonly string[];
}

/** Whoever listens answers as what it was edited to. */
export async function answers(model: Model): Promise<string[]> {
  const wrong = await Promise.all(
    model
      .running()
      .filter(listens)
      .map(async (app) => {
        const answer = await ask(app).catch((error: unknown) => String(error));
        if (typeof answer === 'string') return [`${app.name} does not answer: ${answer}`];
        const is = `${answer.app} ${answer.value} ${answer.args.join(' ')}`.trim();
        const expected = `${app.name} ${app.value} ${app.args ?? ''}`.trim();
        if (model.held.has(app.name) || model.isBetween || is === expected) return [];
        return [`${app.name} answers as "${is}", not "${expected}"`];
      }),
  );
  return wrong.flat();
}

function ask(app: App): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.get({ ...targetOf(app), agent: false, timeout: 3000 }, (response) => {
      let body = '';
      response.on('data', (piece: Buffer) => (body += piece.toString()));
      response.on('error', reject);
      response.on('end', () => resolve(JSON.parse(body) as Answer));
    });
    request.on('timeout', () => request.destroy(new Error('timeout')));
    request.on('error', reject);
  });
}

function processesAgree(world: World, state: State, model: Model): string[] {
  const all = processes();
  const supervisor = state.supervisor.pid;
  const workers = state.apps.flatMap((app) => app.workers.map((worker) => ({ app: app.name, ...worker })));
  const wrong: string[] = [];
  for (const { app, slot, pid } of workers) {
    if (pid === null) continue;
    const found = all.get(pid);
    if (found === undefined || found.state === 'Z')
      wrong.push(`${app}:${slot} is listed with pid ${pid}, which is gone`);
    else wrong.push(...workerFits(found, `${app}:${slot}`, world, model, supervisor, all));
  }
  const known = new Set(workers.flatMap(({ pid }) => pid ?? []));
  const strangers = marked(world.mark).filter(({ pid }) => pid !== supervisor && !descends(all, pid, known));
  wrong.push(...strangers.map(({ pid, command }) => `pid ${pid} is not listed: ${command}`));
  const zombies = [...all.values()].filter(
    (one) => one.state === 'Z' && descends(all, one.parent, new Set([supervisor])),
  );
  wrong.push(...zombies.map(({ pid, parent }) => `zombie ${pid} of ${parent}`));
  return wrong;
}

function workerFits(
  found: Process,
  name: string,
  world: World,
  model: Model,
  supervisor: number,
  all: ReadonlyMap<number, Process>,
): string[] {
  const wrong: string[] = [];
  const { pid } = found;
  if (!descends(all, pid, new Set([supervisor])))
    wrong.push(`${name} (pid ${pid}) is not of this supervisor`);
  const [app] = name.split(':');
  const uid =
    [...model.applied, ...model.kept].find((one) => one.name === app)?.kind === 'nobody'
      ? NOBODY
      : process.getuid?.();
  if (found.uid !== uid) wrong.push(`${name} (pid ${pid}) runs as ${found.uid}, not ${uid ?? ''}`);
  const cwd = cwdOf(pid);
  // The folder may have got another name since.
  if (cwd !== '' && !cwd.startsWith(world.place.folder)) wrong.push(`${name} (pid ${pid}) is in ${cwd}`);
  return wrong;
}

/** Where no supervisor runs: nothing lives but what serves on without it. */
function leftovers(world: World, model: Model): string[] {
  const left = marked(world.mark);
  if (model.supervision === 'ended') return left.map(({ pid, command }) => `pid ${pid} lives on: ${command}`);
  // Programs of a supervisor that was killed are the next one's business.
  const least = model.running().filter(outlives).length;
  return left.length < least ? [`only ${left.length} processes live on`] : [];
}
