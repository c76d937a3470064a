/**
 * A worker whose supervisor has died. Its sockets are its own, so it serves on, and hands them to the next supervisor;
 * if none comes in time it leaves. One that has nothing to serve on with finishes what is in flight, and leaves.
 */
import { rmSync } from 'node:fs';
import { tellBy } from './channel.cts';
import { offeredDatagrams } from './datagrams.cts';
import { openDoor, type Say } from './door.cts';
import { drain, isDraining } from './drain.cts';
import { offered } from './listen.cts';
import type { AgentConfig, FromAgent, Offer, ToAgent } from '../model/protocol.ts';
import type { StopSpec } from '../model/spec.ts';

/** How long it may serve on, in ms; like all durations of the file no longer than a timer takes. */
let timeout = 0;

export function serveOn(ms: number): void {
  timeout = ms;
}

/** @param obey does what the next supervisor says. */
export function orphaned(config: AgentConfig, obey: (message: ToAgent) => void): void {
  const { stop } = config;
  if (timeout === 0 || offers().length === 0) leave(stop);
  // The next supervisor changes nothing about that: if it can use this worker's time, it asks it to go before.
  else setTimeout(() => leave(stop), timeout).unref();
  // Whoever leaves can be found as well, and waited for.
  const door = `${config.door}.${process.pid}`;
  process.once('exit', () => rmSync(door, { force: true }));
  wait(door, config, obey);
}

function wait(door: string, config: AgentConfig, obey: (message: ToAgent) => void): void {
  try {
    waitAt(door, config, obey);
  } catch {
    // Nobody could take the sockets over, and beside this worker nobody could have them.
    leave(config.stop);
  }
}

function waitAt(door: string, config: AgentConfig, obey: (message: ToAgent) => void): void {
  const { app, slot, stop } = config;
  let mine: [Offer, object][] = [];
  let answer: Say = () => {};
  openDoor(door, {
    came: (say) => {
      mine = offers();
      answer = say;
      tellBy(say);
      const { pid } = process;
      say({ act: 'orphan', pid, app, slot, stop, offers: mine.map(([offer]) => offer) } satisfies FromAgent);
    },
    said: (words) => {
      const message = words as ToAgent;
      if (message.act === 'give') answer({ act: 'given' } satisfies FromAgent, mine[message.offer]?.[1]);
      else if (message.act === 'shutdown') process.emit('message', 'shutdown', undefined);
      else if (message.act === 'drain') obey(message);
    },
    left: () => {
      tellBy(null);
      // Nobody is there to be told that it has drained.
      if (isDraining()) leave(stop);
      wait(door, config, obey);
    },
  });
}

/** Nothing once it drains. */
function offers(): [Offer, object][] {
  return isDraining() ? [] : [...offered(), ...offeredDatagrams()];
}

/** Finishes what is in flight, and exits. */
export function leave({ drainTimeout }: StopSpec): void {
  drain({ timeout: drainTimeout, hook: null }, () => process.exit(0));
  setTimeout(() => process.exit(0), drainTimeout).unref();
}
