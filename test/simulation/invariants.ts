/** What must hold of the machine after whatever happened. */
import type { Launch } from '../../src/workers/handle.ts';
import { checkHealth } from './health.ts';
import type { Loss, Process } from './machine.ts';
import type { Socket } from './sockets.ts';
import type { Started } from './started.ts';
import type { Life, World } from './supervisor-life.ts';

export function check(world: World, life: Life | null): void {
  noteOwed(world, life);
  checkSlots(world, life);
  checkAddresses(world, life);
  checkKnown(world);
  checkHealth(world, life);
  const { lost } = world.machine;
  if (lost.length === 0) return;
  const loss = lost.splice(0).find((one) => matters(one, world, life));
  if (loss !== undefined) throw new Error(`a client of port ${loss.port} is lost: ${loss.why}`);
}

/** Nobody can do anything for those who wait for one that hangs, or where a supervisor alone had the socket and died. */
function matters({ port, by }: Loss, { owed, workers }: World, life: Life | null): boolean {
  const isDead = by?.isAlive === false && !workers.some(({ process }) => process === by);
  return owed.has(port) && life?.isEnding !== true && by?.isStuck() !== true && !isDead;
}

/** Where nobody is left who serves, or is to, nothing is owed; a supervisor makes up for the former. */
function noteOwed({ workers, owed, machine }: World, life: Life | null): void {
  const isRunning = life !== null && life.desired !== null;
  const serves = ({ isServing, turns, hasSaid }: Started): boolean => isServing && turns && hasSaid;
  // On its way out it may be the last of an app that was stopped, whose port another one is to have later.
  const isOutgoing = ({ parent, launch }: Started): boolean =>
    parent === life && life.outgoing.has(launch.id);
  for (const one of workers)
    if (!owed.has(one.port) && serves(one) && !isOutgoing(one) && machine.isOpen(one.port))
      owed.add(one.port);
  const isServed = (port: number): boolean => workers.some((one) => one.port === port && serves(one));
  for (const port of owed)
    if (isRunning ? !life.serves(port) : !isServed(port) || !machine.isOpen(port)) owed.delete(port);
}

/** No slot has two workers of a revision that count. */
function checkSlots({ workers }: World, life: Life | null): void {
  const counted: Launch[] = [];
  for (const { launch, parent, process, isDraining } of workers) {
    if (!process.isAlive || isDraining || parent !== life || life.outgoing.has(launch.id)) continue;
    const { slot, spec } = launch;
    for (const other of counted)
      if (other.slot === slot && other.spec.name === spec.name && other.spec.revision === spec.revision)
        throw new Error(`two workers count in ${spec.name}:${slot} of ${spec.revision}`);
    counted.push(launch);
  }
}

/** No address has two owners: a client of one would wait where the other's workers do not look. */
function checkAddresses({ machine, workers, spread }: World, life: Life | null): void {
  const owned = new Map<number, Socket>();
  for (const socket of machine.sockets) {
    const { port } = socket.query;
    if (!socket.isListening || !isLive(socket)) continue;
    const other = owned.get(port);
    owned.set(port, socket);
    if (other === undefined) continue;
    // The kernel spreads over several of one app, which last beyond a change of its balance.
    if (!spread.has(port)) throw new Error(`port ${port} has two sockets`);
    checkPair(ownersOf(socket, workers, life), ownersOf(other, workers, life), life);
  }
}

function isLive({ openIn }: Socket): boolean {
  for (const { process } of openIn) if (!process.isStuck()) return true;
  return false;
}

/** The apps whose workers have it, and are to. */
function ownersOf({ openIn }: Socket, workers: readonly Started[], life: Life | null): string[] {
  const having = new Set([...openIn].map(({ process }) => process));
  return workers
    .filter(({ process, parent, launch }) => {
      return parent === life && having.has(process) && !life.outgoing.has(launch.id);
    })
    .map(({ launch }) => launch.spec.name);
}

function checkPair(some: readonly string[], others: readonly string[], life: Life | null): void {
  for (const a of some)
    for (const b of others)
      if (life?.kin.are(a, b) !== true) throw new Error(`a port belongs to ${a} and to ${b}`);
}

/** Every process that was started is known to those who come next, or has ended. */
function checkKnown({ workers, list, programs }: World): void {
  for (const { process } of workers)
    if (process.isAlive && !isIn(list, process) && !isIn(programs, process))
      throw new Error(`nobody knows of ${process.what}`);
}

function isIn(list: World['list'], process: Process): boolean {
  for (const { pid } of list) if (pid === process.pid) return true;
  return false;
}
