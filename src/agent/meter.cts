/**
 * What the worker is doing: requests, event-loop delay and utilization. Nothing is measured until somebody asks, and
 * the meter stops by itself when nobody has asked for a while, since a supervisor that has died cannot stop it.
 */
import dc from 'node:diagnostics_channel';
import {
  monitorEventLoopDelay,
  performance,
  type EventLoopUtilization,
  type IntervalHistogram,
} from 'node:perf_hooks';
import type { Load } from '../model/protocol.ts';
import { isProbe } from './probe.cts';

/** A request over HTTP/1, and one over HTTP/2, which Node tells of since 22; on Node 20 those are not counted. */
const REQUESTS = ['http.server.request.start', 'http2.server.stream.start'] as const;
/** How often the event loop's delay is sampled, in ms. */
const RESOLUTION = 10;
/** Not asked for this long, in ms, the meter stops. */
const PATIENCE = 5000;

interface Meter {
  readonly delay: IntervalHistogram;
  readonly timer: NodeJS.Timeout;
  requests: number;
  /** When it was asked last. */
  askedAt: number;
  /** When it was read last, and the utilization then. */
  readAt: number;
  utilization: EventLoopUtilization;
}

let meter: Meter | null = null;

/**
 * Answers with what happened since the last answer; the first call starts the meter and has nothing to tell. The
 * question may be read right after a block of the event loop, before the sample that shows it has been taken: that is
 * overdue, so it comes before any new timer.
 */
export function measure(answer: (load: Load) => void): void {
  if (meter === null) {
    meter = start();
    answer({ elapsedMs: 0, requests: 0, delayP99Ms: 0, utilization: 0 });
    return;
  }
  const asked = meter;
  asked.askedAt = performance.now();
  asked.timer.refresh();
  setTimeout(() => answer(read(asked)), 1).unref();
}

function start(): Meter {
  const delay = monitorEventLoopDelay({ resolution: RESOLUTION });
  delay.enable();
  for (const channel of REQUESTS) dc.subscribe(channel, countRequest);
  const timer = setTimeout(stopUnlessAsked, PATIENCE).unref();
  const now = performance.now();
  const utilization = performance.eventLoopUtilization();
  return { delay, timer, requests: 0, askedAt: now, readAt: now, utilization };
}

function read(meter: Meter): Load {
  const readAt = performance.now();
  const utilization = performance.eventLoopUtilization();
  const load: Load = {
    elapsedMs: readAt - meter.readAt,
    requests: meter.requests,
    // The histogram holds the time between two samples, which includes the time that was planned.
    delayP99Ms: Math.max(0, meter.delay.percentile(99) / 1e6 - RESOLUTION),
    utilization: performance.eventLoopUtilization(utilization, meter.utilization).utilization,
  };
  meter.delay.reset();
  Object.assign(meter, { requests: 0, readAt, utilization });
  return load;
}

/**
 * After a long block of the event loop this timer is due before the messages that came meanwhile have been read.
 * They are read before the immediate runs, so only then is it known whether anybody has asked.
 */
function stopUnlessAsked(): void {
  setImmediate(() => {
    if (meter === null || performance.now() - meter.askedAt < PATIENCE) return;
    meter.delay.disable();
    for (const channel of REQUESTS) dc.unsubscribe(channel, countRequest);
    meter = null;
  }).unref();
}

function countRequest(message: unknown): void {
  const { socket, stream } = message as { socket?: object; stream?: { session?: object } };
  if (meter !== null && !isProbe(socket ?? stream?.session)) meter.requests += 1;
}
