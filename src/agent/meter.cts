/**
 * What the worker is doing: requests, event-loop delay and utilization. Nothing is measured until somebody asks, and
 * the meter stops by itself when nobody has asked for a while, since a supervisor that has died cannot stop it; unless
 * it is told to go on, which is what metrics do.
 */
import {
  monitorEventLoopDelay,
  performance,
  type EventLoopUtilization,
  type IntervalHistogram,
} from 'node:perf_hooks';
import type { Reading } from '../model/protocol.ts';
import { Requests } from './requests.cts';

/** How often the event loop's delay is sampled, in ms. */
const RESOLUTION = 10;
/** Not asked for this long, in ms, the meter stops. */
const PATIENCE = 5000;

interface Meter {
  readonly since: number;
  readonly delay: IntervalHistogram;
  readonly requests: Requests;
  /** Utilization when it began. */
  readonly utilization: EventLoopUtilization;
  readonly timer: NodeJS.Timeout;
  /** When it was asked last. */
  askedAt: number;
}

let meter: Meter | null = null;
/** Who is told what was counted in the end; null while the meter runs only for those who ask. */
let reportTo: ((reading: Reading) => void) | null = null;

/**
 * Answers with a reading; the first call starts the meter. The question may be read right after a block of the event
 * loop, before the sample that shows it has been taken: that is overdue, so it comes before any new timer.
 */
export function measure(answer: (reading: Reading) => void): void {
  const asked = (meter ??= start([]));
  asked.askedAt = performance.now();
  asked.timer.refresh();
  setTimeout(() => answer(read(asked)), 1).unref();
}

/**
 * Begins to count anew, and goes on whether anybody asks or not; `report` is called when the process exits. With null
 * it stops.
 */
export function keepMeasuring(bounds: readonly number[] | null, report: (reading: Reading) => void): void {
  stop();
  process.removeListener('exit', reportNow);
  reportTo = bounds === null ? null : report;
  if (bounds === null) return;
  meter = start(bounds);
  process.on('exit', reportNow);
}

/** Tells what was counted so far, unasked: the process may end before it is asked again. */
export function reportNow(): void {
  if (meter !== null) reportTo?.(read(meter));
}

/** @param bounds of the buckets of durations, in seconds */
function start(bounds: readonly number[]): Meter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  const now = performance.now();
  return {
    since: now,
    delay,
    requests: new Requests(bounds),
    utilization: performance.eventLoopUtilization(),
    timer: setTimeout(stopUnlessAsked, PATIENCE).unref(),
    askedAt: now,
  };
}

function stop(): void {
  if (meter === null) return;
  clearTimeout(meter.timer);
  meter.delay.disable();
  meter.requests.stop();
  meter = null;
}

function read({ since, delay, requests, utilization }: Meter): Reading {
  const { active, idle } = performance.eventLoopUtilization(utilization);
  const { begun, responses, aborted, inFlight, buckets, seconds } = requests;
  const reading: Reading = {
    since,
    at: performance.now(),
    requests: begun,
    responses,
    aborted,
    inFlight,
    buckets,
    seconds,
    activeMs: active,
    idleMs: idle,
    delayP50Ms: beyondPlan(delay.percentile(50)),
    delayP99Ms: beyondPlan(delay.percentile(99)),
    delayMaxMs: beyondPlan(delay.max),
  };
  delay.reset();
  return reading;
}

/** The histogram holds the time between two samples, in ns, which includes the time that was planned. */
function beyondPlan(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION);
}

/**
 * After a long block of the event loop this timer is due before the messages that came meanwhile have been read.
 * They are read before the immediate runs, so only then is it known whether anybody has asked.
 */
function stopUnlessAsked(): void {
  setImmediate(() => {
    if (reportTo !== null || meter === null || performance.now() - meter.askedAt < PATIENCE) return;
    stop();
  }).unref();
}
