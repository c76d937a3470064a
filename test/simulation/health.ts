/** `health_check` on a simulated machine: who fails it is noticed in time, and nobody else is taken for one that does. */
import type { HealthSpec } from '../../src/model/spec.ts';
import type { Life, World } from './supervisor-life.ts';
import { HEALTH_PATH, Worker } from './worker.ts';

export const HEALTH: HealthSpec = { http: HEALTH_PATH, interval: 1000, timeout: 1000, failures: 2 };

/** Three questions, each with its answer given up, and what messages take. */
const NOTICED_WITHIN = 8000;

export function checkHealth({ machine, workers }: World, life: Life | null): void {
  if (life === null || life.isEnding) return;
  for (const worker of workers) {
    if (!isChecked(worker) || worker.parent !== life || !worker.process.isAlive) continue;
    const { status, readyAt, failing } = life.known(worker.launch.id) ?? {};
    if (status !== 'online' || readyAt == null) continue;
    if (failing?.kind === 'check' && !worker.wasSick)
      throw new Error(`${worker.process.what} passes its health check, but ${failing.cause}`);
    const since = Math.max(worker.sickSince ?? Infinity, readyAt);
    if (failing === null && life.isAsked(worker.launch.id) && machine.clock.now - since > NOTICED_WITHIN)
      throw new Error(`${worker.process.what} fails its health check, and nobody has noticed`);
  }
}

/** Whether it is asked how it is. */
export function isChecked(worker: World['workers'][number]): worker is Worker {
  return worker instanceof Worker && worker.launch.spec.triggers.health !== null;
}
