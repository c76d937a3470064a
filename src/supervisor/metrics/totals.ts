/**
 * What the workers have counted, by app and slot, over all workers that the slot has had: a worker and its replacement
 * count on in the same place, so no total ever goes backwards.
 */
import type { Reading } from '../../model/protocol.ts';

/** How late the event loop came round, in ms. */
export interface Delay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface SlotTotals {
  /** A worker of it has told; else only `cpuMs` means anything. */
  hasCounted: boolean;
  /** Complete responses by class: 1xx, 2xx, … 5xx. */
  readonly responses: number[];
  /** By duration: up to each bound, and above all of them. */
  readonly buckets: number[];
  seconds: number;
  aborted: number;
  activeMs: number;
  idleMs: number;
  cpuMs: number;
  delay: Delay;
  /** Nobody has taken `delay` yet, so the next one does not replace it. */
  delayIsNew: boolean;
}

export interface Place {
  readonly app: string;
  readonly slot: number;
}

export class Totals {
  readonly #buckets: number;
  readonly #slots = new Map<string, SlotTotals>();
  /** Of the workers that live: what is in flight, and the CPU time that has been counted. */
  readonly #inFlight = new Map<number, number>();
  readonly #cpu = new Map<number, number>();

  /** @param bounds of the buckets of durations */
  constructor(bounds: readonly number[]) {
    this.#buckets = bounds.length + 1;
  }

  /** Adds what a worker has counted since `before`; null is since it began to. */
  add(worker: number, place: Place, before: Reading | null, now: Reading): void {
    // The answer to a question from before it was told what to count.
    if (now.buckets.length !== this.#buckets) return;
    const totals = this.#at(place);
    totals.hasCounted = true;
    addEach(totals.responses, now.responses, before?.responses);
    addEach(totals.buckets, now.buckets, before?.buckets);
    totals.seconds += now.seconds - (before?.seconds ?? 0);
    totals.aborted += now.aborted - (before?.aborted ?? 0);
    totals.activeMs += now.activeMs - (before?.activeMs ?? 0);
    totals.idleMs += now.idleMs - (before?.idleMs ?? 0);
    const delay = { p50: now.delayP50Ms, p99: now.delayP99Ms, max: now.delayMaxMs };
    totals.delay = totals.delayIsNew ? worse(totals.delay, delay) : delay;
    totals.delayIsNew = true;
    this.#inFlight.set(worker, now.inFlight);
  }

  /** @param usedMs the CPU time of the worker's processes; less than before where one of them has ended */
  addCpu(worker: number, place: Place, usedMs: number): void {
    this.#at(place).cpuMs += Math.max(0, usedMs - (this.#cpu.get(worker) ?? 0));
    this.#cpu.set(worker, usedMs);
  }

  /** The worker has gone: what it counted stays, what it was doing does not. */
  ended(worker: number): void {
    this.#inFlight.delete(worker);
    this.#cpu.delete(worker);
  }

  of({ app, slot }: Place): SlotTotals | null {
    return this.#slots.get(keyOf(app, slot)) ?? null;
  }

  /** Null where the worker has not told. */
  inFlight(worker: number): number | null {
    return this.#inFlight.get(worker) ?? null;
  }

  /** The delays have been read: the next ones are about the time from now on. */
  taken(): void {
    for (const totals of this.#slots.values()) totals.delayIsNew = false;
  }

  keepOnly(places: readonly Place[]): void {
    const keys = new Set(places.map(({ app, slot }) => keyOf(app, slot)));
    for (const key of this.#slots.keys()) if (!keys.has(key)) this.#slots.delete(key);
  }

  #at({ app, slot }: Place): SlotTotals {
    const key = keyOf(app, slot);
    const totals = this.#slots.get(key) ?? newTotals(this.#buckets);
    this.#slots.set(key, totals);
    return totals;
  }
}

function newTotals(buckets: number): SlotTotals {
  return {
    hasCounted: false,
    responses: [0, 0, 0, 0, 0],
    buckets: new Array<number>(buckets).fill(0),
    seconds: 0,
    aborted: 0,
    activeMs: 0,
    idleMs: 0,
    cpuMs: 0,
    delay: { p50: 0, p99: 0, max: 0 },
    delayIsNew: false,
  };
}

function addEach(to: number[], now: readonly number[], before: readonly number[] | undefined): void {
  for (const [i, value] of to.entries()) to[i] = value + (now[i] ?? 0) - (before?.[i] ?? 0);
}

function worse(a: Delay, b: Delay): Delay {
  return { p50: Math.max(a.p50, b.p50), p99: Math.max(a.p99, b.p99), max: Math.max(a.max, b.max) };
}

function keyOf(app: string, slot: number): string {
  return `${slot} ${app}`;
}
