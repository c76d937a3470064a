/** Edits of the file: good ones, bad ones, invalid ones, and names that change. */
import type { Random } from '../soak/random.ts';
import { isGood, type App, type Content, type Fault, type Kind, type Script } from './content.ts';
import { BALANCES, newApp, type Addresses } from './ecosystem.ts';
import { addressOf, lossOf, type Loss, type Model } from './model.ts';
import { WAYS } from './place.ts';
import type { Choice, Step } from './step.ts';

type Change = (app: App, model: Model, random: Random) => Partial<App> | null;

/** Of one app. Null where it is not for this one. */
const CHANGES: Readonly<Record<string, Change>> = {
  env: () => ({}),
  args: (_, model) => ({ args: `--edit ${model.value}` }),
  instances: (app, _, random) =>
    app.mode === 'fork' && app.port !== null ? null : { instances: random.between(1, 3) },
  balance: (app, _, random) => (app.kind === 'web' ? { balance: random.pick(BALANCES) } : null),
  'which file it stands in': (app) => ({ from: app.from === 'main' ? 'included' : 'main' }),
  'where its value stands': (app) => ({ envFile: !app.envFile }),
  host: (app, _, random) =>
    app.port === null
      ? null
      : { host: random.pick([null, '127.0.0.1', '0.0.0.0'].filter((host) => host !== app.host)) },
  exec_mode: (app) =>
    app.kind === 'web' || app.kind === 'forked'
      ? {
          mode: app.mode === 'cluster' ? 'fork' : 'cluster',
          kind: app.mode === 'cluster' ? 'forked' : 'web',
          instances: 1,
          balance: null,
        }
      : null,
};
/** These replace no worker, and so leave the value alone. */
const LIVE = new Set(['instances', 'which file it stands in', 'where its value stands']);

export function edits(addresses: Addresses): Readonly<Record<string, { weight: number; choose: Choice }>> {
  return {
    'good edit': { weight: 12, choose: (model, random) => goodEdit(model, random) },
    'port edit': { weight: 2, choose: (model, random) => portEdit(model, random, addresses) },
    'swap of ports': { weight: 1, choose: swap },
    'two good edits at once': { weight: 3, choose: (model, random) => goodEdit(model, random, 2) },
    'app added': { weight: 2, choose: (model, random) => addition(model, random, addresses) },
    'app removed': { weight: 2, choose: removal },
    'other order': { weight: 1, choose: otherOrder },
    rename: { weight: 4, choose: (model, random) => rename(model, random, null) },
    'rename with a mistake': {
      weight: 3,
      choose: (model, random) => rename(model, random, badScript(random)),
    },
    'bad edit': { weight: 5, choose: badEdit },
    'invalid edit': { weight: 5, choose: invalidEdit },
  };
}

/** Makes good what is bad or invalid, with every app that is bad as it was. */
export const repair: Choice = (model, random) => {
  const apps = model.content.apps.map((app) => (isGood(app) ? app : mended(app, model)));
  return save('repair', { apps, fault: null }, model, random);
};

function mended(app: App, model: Model): App {
  const good = model.good.get(app.name);
  const script: Script = app.kind === 'program' ? 'loop.sh' : 'server.js';
  return { ...(good ?? { ...app, script }), value: next(model) };
}

function goodEdit(model: Model, random: Random, times = 1): Step | null {
  let { apps } = model.content;
  const texts: string[] = [];
  for (let i = 0; i < times; i++) {
    const app = random.pick(apps);
    const what = random.pick(Object.keys(CHANGES));
    // Two that change places would be in no file for a while.
    if (times > 1 && what === 'which file it stands in') return null;
    const value = LIVE.has(what) ? app.value : next(model);
    const change = CHANGES[what]?.(app, model, random) ?? null;
    if (change === null || !isGood(app)) return null;
    apps = apps.map((other) => (other === app ? { ...app, value, ...change } : other));
    texts.push(`${what} of ${app.name}`);
  }
  return save(texts.join(' and '), { apps, fault: null }, model, random);
}

function portEdit(model: Model, random: Random, { ports }: Addresses): Step | null {
  const { apps } = model.content;
  const app = pick(
    random,
    apps.filter((each) => each.port !== null && isGood(each)),
  );
  const free = ports.filter((port) => ![...apps, ...model.kept].some((other) => other.port === port));
  if (app === null || free.length === 0) return null;
  const port = random.pick(free);
  const edited = { ...app, port, value: next(model) };
  return save(`port of ${app.name} to ${port}`, replaced(apps, app, edited), model, random);
}

const swap: Choice = (model, random) => {
  const { apps } = model.content;
  const able = apps.filter((app) => app.port !== null && app.mode === 'cluster' && isGood(app));
  const [a, b] = able;
  if (a === undefined || b === undefined) return null;
  const value = next(model);
  const swapped = apps.map((app) => {
    if (app === a) return { ...a, port: b.port, host: b.host, value };
    return app === b ? { ...b, port: a.port, host: a.host, value } : app;
  });
  return save(`${a.name} and ${b.name} swap their ports`, { apps: swapped, fault: null }, model, random);
};

function addition(model: Model, random: Random, addresses: Addresses): Step | null {
  const { apps } = model.content;
  if (apps.length >= 5) return null;
  const kind: Kind = random.pick(['web', 'web', 'program', 'socket', 'forked']);
  const value = next(model);
  const app = { ...newApp(random, kind, `${kind}-v${value}`, addresses, [...apps, ...model.kept]), value };
  const at = random.between(0, apps.length);
  const script = random.next() < 0.2 && kind !== 'program' ? badScript(random) : app.script;
  const added = [...apps.slice(0, at), { ...app, script }, ...apps.slice(at)];
  const text = `${app.name} added${script === app.script ? '' : ` with ${script}`}`;
  return save(text, { apps: added, fault: null }, model, random);
}

const removal: Choice = (model, random) => {
  const { apps } = model.content;
  const app = pick(random, apps.slice(1));
  if (app === null || apps.length <= 2) return null;
  return save(
    `${app.name} removed`,
    { apps: apps.filter((other) => other !== app), fault: null },
    model,
    random,
  );
};

const otherOrder: Choice = (model, random) => {
  const [first, ...rest] = model.content.apps;
  if (first === undefined) return null;
  return save('other order', { apps: [...rest, first], fault: null }, model, random);
};

/** @param script with a mistake: one that never works. */
function rename(model: Model, random: Random, script: Script | null): Step | null {
  if (model.supervision === 'killed' && script !== null) return null;
  const { apps } = model.content;
  const app = pick(
    random,
    apps.filter((each) => isGood(each) && each.mode === 'cluster' && !model.stopped.has(each.name)),
  );
  if (app === null) return null;
  const value = next(model);
  const renamed = { ...app, name: `${app.kind}-v${value}`, value, script: script ?? app.script };
  // First or last in the file must not matter.
  const others = apps.filter((other) => other !== app);
  const order = random.next() < 0.5 ? [renamed, ...others] : [...others, renamed];
  const text = `${app.name} renamed to ${renamed.name}${script === null ? '' : ` with ${script}`}`;
  return save(text, { apps: order, fault: null }, model, random);
}

const badEdit: Choice = (model, random) => {
  // What the workers that serve on run, the next supervisor cannot know.
  if (model.supervision === 'killed') return null;
  const able = model.content.apps.filter(
    ({ name, kind }) => kind !== 'program' && !model.stopped.has(name) && !model.held.has(name),
  );
  const app = pick(random, able);
  if (app === null) return null;
  const script = badScript(random);
  const edited = { ...app, script, value: next(model) };
  return save(`${script} for ${app.name}`, replaced(model.content.apps, app, edited), model, random);
};

const FAULTS: readonly Fault[] = [
  'syntax',
  'unknown key',
  'bad value',
  'included syntax',
  'missing include',
  'empty',
];

const invalidEdit: Choice = (model, random) => {
  const fault = random.pick(FAULTS);
  return save(`invalid: ${fault}`, { ...model.content, fault }, model, random);
};

function badScript(random: Random): Script {
  return random.pick(['throws.js', 'throws.js', 'exits.js', 'hangs.js']);
}

function replaced(apps: readonly App[], app: App, by: App): Content {
  return { apps: apps.map((other) => (other === app ? by : other)), fault: null };
}

function save(text: string, content: Content, model: Model, random: Random): Step {
  const before = model.content;
  const way = random.pick(WAYS);
  const were = model.running();
  model.content = content;
  if (model.supervision === 'alive') model.apply();
  const are = model.running();
  const losses = new Map<string, Loss>();
  for (const app of were) {
    const successor = are.find((other) => addressOf(other) === addressOf(app));
    const loss = lossOf(app, successor);
    if (loss !== 'none') losses.set(addressOf(app), loss);
  }
  return {
    text: `${text}, ${way}`,
    losses,
    endsSupervisor: false,
    act: ({ place }) => place.save(content, way, before),
  };
}

function next(model: Model): number {
  return ++model.value;
}

function pick<T>(random: Random, choices: readonly T[]): T | null {
  return choices.length === 0 ? null : random.pick(choices);
}
