/** What must hold of the machine after whatever happened. */
import type { Desired } from '../../src/model/spec.ts';
import type { Loss, Machine } from './machine.ts';
import type { Life, World } from './supervisor-life.ts';
import type { Worker } from './worker.ts';

export function check(world: World, life: Life | null): void {
  noteOwed(world, life);
  checkSlots(world, life);
  checkAddresses(world.machine);
  checkKnown(world);
  const lost = world.machine.lost.splice(0).find((loss) => matters(loss, world, life));
  if (lost !== undefined) throw new Error(`a client of port ${lost.port} is lost: ${lost.why}`);
}

/** Nobody can do anything for those who wait for one that hangs. */
function matters({ port, by }: Loss, { owed }: World, life: Life | null): boolean {
  return owed.has(port) && life?.isEnding !== true && by?.isStuck() !== true;
}

/** Where nobody is left who serves, or is to, nothing is owed; a supervisor makes up for the former. */
function noteOwed({ workers, owed }: World, life: Life | null): void {
  const serving = workers
    .filter((worker) => worker.isServing && worker.turns && worker.hasSaid)
    .map(({ port }) => port);
  for (const port of serving) owed.add(port);
  const isWanted = (port: number): boolean =>
    life?.desired?.apps.some(
      ({ process, instances }) => process.env['PORT'] === String(port) && instances > 0,
    ) ?? true;
  for (const port of owed)
    if (!isWanted(port) || ((life?.desired ?? null) === null && !serving.includes(port))) owed.delete(port);
}

/** No slot has two workers of a revision that count. */
function checkSlots({ workers }: World, life: Life | null): void {
  const counted = new Set<string>();
  for (const { launch, parent, process, isDraining } of workers) {
    if (!process.isAlive || isDraining || parent !== life || life.outgoing.has(launch.id)) continue;
    const slot = `${launch.spec.name}:${launch.slot} of ${launch.spec.revision}`;
    if (counted.has(slot)) throw new Error(`two workers count in ${slot}`);
    counted.add(slot);
  }
}

/** No address has two owners: a client of one would wait where the other's workers do not look. */
function checkAddresses({ sockets }: Machine): void {
  const owned = new Set<number>();
  for (const { query, isListening, openIn } of sockets) {
    const isLive = [...openIn].some(({ process }) => !process.isStuck());
    if (!isListening || !isLive) continue;
    if (owned.has(query.port)) throw new Error(`port ${query.port} has two sockets`);
    owned.add(query.port);
  }
}

/** Every process that was started is known to those who come next, or has ended. */
function checkKnown({ workers, list }: World): void {
  const known = new Set(list.map(({ pid }) => pid));
  for (const { process } of workers)
    if (process.isAlive && !known.has(process.pid)) throw new Error(`nobody knows of ${process.what}`);
}

/** What was said to be converged is. What has ended and was not told yet counts: nobody can know. */
export function checkConverged({ workers }: World, life: Life, { apps }: Desired): void {
  const there = workers.filter(
    (one) => one.parent === life && !one.isReaped && !one.isDraining && !life.outgoing.has(one.launch.id),
  );
  for (const { name, revision, instances } of apps) {
    const own = there.filter(({ launch }) => launch.spec.name === name);
    const wanted = own.filter(({ launch }) => launch.spec.revision === revision);
    const slots = new Set(wanted.map(({ launch }) => launch.slot));
    if (slots.size !== instances || own.length !== wanted.length)
      throw new Error(`said to be converged, but ${name} runs ${own.map(whatOf).join(', ')}`);
  }
  const names = new Set(apps.map(({ name }) => name));
  const stray = there.find(({ launch }) => !names.has(launch.spec.name));
  if (stray !== undefined) throw new Error(`said to be converged, but ${whatOf(stray)} runs`);
}

/** With nothing bad happening any more, all is as the file asks, and nothing else is left. */
export function checkEnd(world: World, life: Life | null): void {
  const { desired = null } = life ?? {};
  if (life === null || desired === null || !isOf(desired, world))
    throw new Error('at the end, the file is not applied');
  checkConverged(world, life, desired);
  const { machine, workers } = world;
  const living = workers.filter(({ process }) => process.isAlive);
  const count = desired.apps.reduce((sum, { instances }) => sum + instances, 0);
  if (living.length !== count)
    throw new Error(`at the end, ${count} are wanted and there are ${living.map(whatOf).join(', ')}`);
  const ports = new Set(
    desired.apps.filter(({ instances }) => instances > 0).map(({ process }) => process.env['PORT']),
  );
  for (const { query, queue } of machine.sockets) {
    if (!ports.has(String(query.port))) throw new Error(`at the end, port ${query.port} is open`);
    if (queue.length > 0) throw new Error(`at the end, clients of port ${query.port} wait`);
  }
}

function isOf({ generation }: Desired, { file }: World): boolean {
  return generation === file.desired.generation || generation.startsWith(`${file.desired.generation} `);
}

function whatOf({ process, isDraining }: Worker): string {
  return `${process.what}${isDraining ? ' (draining)' : ''}`;
}
