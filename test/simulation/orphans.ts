/** How a simulated supervisor finds and meets the workers that another one has left. */
import type { MetOrphan, OrphanSystem } from '../../src/supervisor/takeover/search.ts';
import type { Life, World } from './supervisor-life.ts';
import { Worker } from './worker.ts';

export function orphanSystemOf({ workers, machine }: World, life: Life): OrphanSystem {
  const { clock, random } = machine;
  const all = (): Worker[] => workers.filter((one) => one instanceof Worker);
  const find = (pid: number): Worker | undefined => all().find(({ process }) => process.pid === pid);
  return {
    waiting: () =>
      all()
        .filter((one) => one.isWaiting)
        .map(({ process }) => process.pid),
    meet: (pid, events) => {
      const worker = find(pid);
      let orphan: MetOrphan | null = null;
      let isOver = false;
      const gone = life.whileAlive(() => {
        if (!isOver) events.gone(orphan);
        isOver = true;
      });
      const answer = life.whileAlive(() => {
        if (isOver || !worker?.turns) return;
        if (!worker.process.isAlive || !worker.isWaiting) return gone();
        orphan = orphanOf(worker, life, machine, gone);
        events.met(orphan);
      });
      if (worker !== undefined) worker.met = { peer: life, released: () => events.released(), gone };
      clock.after(random.between(1, 50), answer);
      return gone;
    },
    tidy: () => {},
    isAlive: ({ pid }) => machine.processes.has(pid),
    endLeftover: ({ pid }) => {
      find(pid)?.kill();
      return life.answer(50, 100, () => {});
    },
    kill: (pid) => find(pid)?.kill(),
  };
}

function orphanOf(worker: Worker, life: Life, { clock }: World['machine'], gone: () => void): MetOrphan {
  const { spec, slot } = worker.launch;
  const { stop } = spec;
  let isLeaving = false;
  return {
    ...{ pid: worker.process.pid, app: spec.name, slot, offers: worker.offers, ledger: null },
    get isLeaving() {
      return isLeaving;
    },
    take: (offer) =>
      life.answer(1, 20, () => {
        const own = worker.process.isAlive ? worker.descriptorOf(offer) : null;
        return own?.copyFor(life.process) ?? null;
      }),
    leave: () => {
      if (isLeaving) return;
      isLeaving = true;
      worker.drain(stop, () => worker.signalled());
      clock.after(stop.drainTimeout + stop.killTimeout, () => worker.kill());
    },
    kill: () => worker.kill(),
    letGo: () => {
      worker.met = null;
      worker.isWaiting = worker.isServing;
      gone();
    },
  };
}
