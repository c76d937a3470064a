/** Whatever is asked for, and in whatever order: the supervisor comes to an end with it. */
import { expect, test } from 'vitest';
import { runs } from '../runs.ts';
import { Random } from '../plan/random.ts';
import { at, Machine, type Worker } from './held-machine.ts';

const APPS = ['a', 'b', 'c'] as const;
const HOSTS = [null, '127.0.0.1', '0.0.0.0'] as const;
const BALANCES = ['shared', 'kernel', 'round-robin'] as const;

const RUNS = runs(400, 20_000);

test(`${RUNS} random orders come to an end`, { timeout: 60_000 }, () => {
  let given = 0;
  for (let seed = 1; seed <= RUNS; seed += 1) given += play(new Random(seed));
  expect(given).toBeGreaterThan(RUNS * 4);
});

/** How often a worker got what it had asked for. */
function play(random: Random): number {
  const machine = new Machine(random.chance(50));
  const workers: Worker[] = [];
  const pick = <T>(all: readonly [T, ...T[]]): T => all[random.between(0, all.length - 1)] ?? all[0];
  const toggle = (set: Set<string>, app: string): void => {
    if (!set.delete(app)) set.add(app);
  };
  const asks = (worker: Worker): Worker => worker.asks(at(pick(HOSTS), random.between(80, 82)));
  const steps: readonly [(app: string) => void, ...((app: string) => void)[]] = [
    (app) => toggle(machine.rolling, app),
    (app) => toggle(machine.gone, app),
    (app) =>
      machine.needs.set(
        app,
        APPS.filter(() => random.chance(50)),
      ),
    (app) =>
      workers.push(
        asks(machine.worker(app, `r${random.between(0, 2)}`, pick(BALANCES), random.between(0, 1))),
      ),
    (app) => workers.push(asks(asks(machine.worker(app, `r${random.between(0, 2)}`)))),
    () => workers[random.between(0, workers.length)]?.drains().letsGo(),
    () => workers[random.between(0, workers.length)]?.drains(),
    (app) => machine.sockets.settle(app),
    (app) => machine.sockets.release(app),
  ];
  for (let step = 0; step < 40; step += 1) pick(steps)(pick(APPS));
  return workers.flatMap(({ heard }) => heard).filter((word) => word === 'socket').length;
}
