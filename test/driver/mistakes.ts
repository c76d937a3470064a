/** Edits that change a name, edits with a mistake in them, and the way back. */
import type { Random } from '../soak/random.ts';
import { isGood, type App, type Fault, type Script } from './content.ts';
import type { Model } from './model.ts';
import { badScript, next, pick, replaced, save } from './save.ts';
import { NO_LOSS, type Chances, type Step } from './step.ts';

export const mistakes: Chances = {
  rename: { weight: 4, choose: (model, random) => rename(model, random, null) },
  'rename with a mistake': { weight: 3, choose: (model, random) => rename(model, random, badScript(random)) },
  'bad edit': { weight: 5, choose: badEdit },
  'invalid edit': { weight: 5, choose: invalidEdit },
  'file away': { weight: 1, choose: away },
};

/** Makes good what is bad or invalid, with every app that is bad as it was. */
export function repair(model: Model, random: Random): Step {
  const apps = model.content.apps.map((app) => (isGood(app) ? app : mended(app, model)));
  return save('repair', { apps, fault: null }, model, random);
}

function mended(app: App, model: Model): App {
  const good = model.good.get(app.name);
  const script: Script = app.kind === 'program' ? 'loop.sh' : 'server.js';
  return { ...(good ?? { ...app, script }), value: next(model) };
}

/** @param script with a mistake: one that never works. */
function rename(model: Model, random: Random, script: Script | null): Step | null {
  if (model.supervision === 'killed' && script !== null) return null;
  const { apps } = model.content;
  const app = pick(
    random,
    apps.filter(
      (each) =>
        isGood(each) &&
        each.mode === 'cluster' &&
        !model.stopped.has(each.name) &&
        // Which revision would stay is not known here.
        (script === null || !model.held.has(each.name)),
    ),
  );
  if (app === null) return null;
  const value = next(model);
  const named = { ...app, name: `${app.kind}-v${value}` };
  const renamed = script === null ? { ...named, value } : mistaken(named, script, value);
  // First or last in the file must not matter.
  const others = apps.filter((other) => other !== app);
  const order = random.next() < 0.5 ? [renamed, ...others] : [...others, renamed];
  const text = `${app.name} renamed to ${renamed.name}${script === null ? '' : ` with ${script}`}`;
  return save(text, { apps: order, fault: null }, model, random);
}

/** A value in a file of its own is saved first, and would be a good edit for a moment: it stays as it is. */
function mistaken(app: App, script: Script, value: number): App {
  return { ...app, script, value: app.envFile ? app.value : value };
}

function badEdit(model: Model, random: Random): Step | null {
  // What the workers that serve on run, the next supervisor cannot know.
  if (model.supervision === 'killed') return null;
  // In fork mode nobody sees whether it listens: one that lives for a while is ready.
  const able = model.content.apps.filter(
    ({ name, mode }) => mode === 'cluster' && !model.stopped.has(name) && !model.held.has(name),
  );
  const app = pick(random, able);
  if (app === null) return null;
  const script = badScript(random);
  const edited = mistaken(app, script, next(model));
  return save(`${script} for ${app.name}`, replaced(model.content.apps, app, edited), model, random);
}

const FAULTS: readonly Fault[] = [
  'syntax',
  'unknown key',
  'bad value',
  'included syntax',
  'missing include',
  'empty',
];

function invalidEdit(model: Model, random: Random): Step {
  const fault = random.pick(FAULTS);
  return save(`invalid: ${fault}`, { ...model.content, fault }, model, random);
}

/** The file, or its folder, has another name until it is repaired. */
function away(model: Model, random: Random): Step | null {
  if (model.content.fault !== null) return null;
  const fault = random.pick(['file away', 'folder away'] as const);
  model.content = { ...model.content, fault };
  const act: Step['act'] = ({ place }) => {
    place.moveAway(fault);
    return Promise.resolve();
  };
  return { text: fault, losses: NO_LOSS, endsSupervisor: false, act };
}
