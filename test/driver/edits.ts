/** Edits of the file that are good. */
import type { Random } from '../soak/random.ts';
import { isGood, type App, type Kind } from './content.ts';
import { BALANCES, newApp, OF_ROOT, type Addresses } from './ecosystem.ts';
import type { Model } from './model.ts';
import { badScript, next, pick, replaced, save } from './save.ts';
import { NO_LOSS, type Chances, type Choice, type Step } from './step.ts';

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

export function edits(addresses: Addresses): Chances {
  return {
    'good edit': { weight: 12, choose: (model, random) => goodEdit(model, random) },
    'port edit': { weight: 2, choose: (model, random) => portEdit(model, random, addresses) },
    'swap of ports': { weight: 1, choose: swap },
    'two good edits at once': { weight: 3, choose: (model, random) => goodEdit(model, random, 2) },
    'app added': { weight: 2, choose: (model, random) => addition(model, random, addresses) },
    'app removed': { weight: 2, choose: removal },
    'other order': { weight: 1, choose: otherOrder },
    'no edit': { weight: 1, choose: touch },
  };
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
    const become = what === 'balance' ? ` from ${app.balance ?? 'auto'} to ${change.balance ?? 'auto'}` : '';
    texts.push(`${what} of ${app.name}${become}`);
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
  const kind: Kind = random.pick(['web', 'web', 'program', 'socket', 'forked', ...OF_ROOT]);
  const value = next(model);
  const app = { ...newApp(random, kind, `${kind}-v${value}`, addresses, [...apps, ...model.kept]), value };
  const at = random.between(0, apps.length);
  const script = random.next() < 0.2 && app.mode === 'cluster' ? badScript(random) : app.script;
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

/** Another time and other permissions, and nothing else. */
function touch(model: Model): Step | null {
  if (model.content.fault !== null) return null;
  const act: Step['act'] = ({ place }) => {
    place.touch();
    return Promise.resolve();
  };
  return { text: 'touched', losses: NO_LOSS, endsSupervisor: false, act };
}
