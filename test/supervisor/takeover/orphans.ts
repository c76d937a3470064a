/** Orphans as a test has them, on a clock that it turns. */
import type { Cancel, Timers } from '../../../src/model/clock.ts';
import type { Offer } from '../../../src/model/protocol.ts';
import type { Leftover } from '../../../src/supervisor/takeover/leftover.ts';
import type { MetOrphan, OrphanSystem } from '../../../src/supervisor/takeover/search.ts';
import type { Events } from '../../../src/workers/orphan.ts';

export const left = (pid: number): Leftover => ({ pid, born: 1, killSignal: 'SIGTERM', killTimeout: 1000 });

const OFFER: Offer = {
  kind: 'socket',
  slot: 0,
  query: { address: null, port: 80, addressType: 4, fd: null, flags: 0, backlog: 511 },
} as unknown as Offer;

/** A machine with processes that wait, those that live, and what was done to them. */
export function machine() {
  const done: string[] = [];
  const alive = new Set<number>();
  const waiting = new Set<number>();
  const calls = new Map<number, Events<MetOrphan>>();
  const system: OrphanSystem = {
    waiting: () => [...waiting],
    meet: (pid, events) => {
      calls.set(pid, events);
      return () => {
        done.push(`give up ${pid}`);
        events.gone(null);
      };
    },
    tidy: (pid) => void done.push(`tidy ${pid}`),
    isAlive: ({ pid }) => alive.has(pid),
    endLeftover: ({ pid }) => {
      done.push(`end ${pid}`);
      alive.delete(pid);
      return Promise.resolve();
    },
    kill: (pid) => {
      done.push(`kill ${pid}`);
      calls.get(pid)?.gone(null);
    },
  };
  const orphan = (pid: number, more: { app?: string; slot?: number; offers?: readonly Offer[] } = {}) => {
    const one = {
      pid,
      app: more.app ?? 'web',
      slot: more.slot ?? 0,
      offers: more.offers ?? [OFFER],
      ledger: null as MetOrphan['ledger'],
      isLeaving: false,
      take: (i: number): Promise<object | null> => {
        done.push(`take ${i} of ${pid}`);
        return Promise.resolve({ close: () => done.push(`close what ${pid} gave`) });
      },
      leave: (): void => {
        one.isLeaving = true;
        done.push(`leave ${pid}`);
      },
      kill: () => void done.push(`kill ${pid}`),
      letGo: () => void done.push(`let go ${pid}`),
    };
    return one;
  };
  const dies = (pid: number, one: MetOrphan | null = null): void => {
    alive.delete(pid);
    waiting.delete(pid);
    calls.get(pid)?.gone(one);
  };
  return { done, alive, waiting, calls, system, orphan, dies };
}

/** Time that stands still until it is told to go on. */
export function virtualTimers(): { timers: Timers; pass: (ms: number) => Promise<void> } {
  let now = 0;
  let due: { at: number; act: () => void }[] = [];
  const timers: Timers = {
    now: () => now,
    after: (delay, act): Cancel => {
      const entry = { at: now + delay, act };
      due.push(entry);
      return () => (due = due.filter((one) => one !== entry));
    },
    soon: (act) => queueMicrotask(act),
  };
  const settle = async (): Promise<void> => {
    for (let i = 0; i < 20; i += 1) await Promise.resolve();
  };
  const pass = async (ms: number): Promise<void> => {
    const end = now + ms;
    await settle();
    for (;;) {
      const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      due = due.filter((one) => one !== next);
      now = next.at;
      next.act();
      await settle();
    }
    now = end;
  };
  return { timers, pass };
}
