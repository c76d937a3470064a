/** What is counted of requests, and how long the meter runs. */
import dc from 'node:diagnostics_channel';
import { EventEmitter } from 'node:events';
import { performance } from 'node:perf_hooks';
import { afterEach, beforeEach, expect, test, vi, type MockInstance } from 'vitest';
import { keepMeasuring, measure, reportNow } from '../../src/agent/meter.cts';
import { Requests } from '../../src/agent/requests.cts';
import type { Reading } from '../../src/model/protocol.ts';
import { fakeResponse, fakeServer, fakeSocket, says, endSubscriptions } from './support.ts';

let now = 0;
let clock: MockInstance<() => number>;
endSubscriptions();
beforeEach(() => {
  now = 1000;
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setImmediate'] });
  clock = vi.spyOn(performance, 'now').mockImplementation(() => now);
});
afterEach(() => {
  keepMeasuring(null, () => {});
  clock.mockRestore();
  vi.useRealTimers();
});

function pass(ms: number): void {
  now += ms;
  vi.advanceTimersByTime(ms);
}

function answer(socket = fakeSocket(fakeServer()), status = 200, ms = 0): void {
  const response = Object.assign(fakeResponse(), { statusCode: status });
  says.request(socket, response);
  now += ms;
  says.finish(socket, response);
}

test('responses by class and duration', () => {
  const requests = new Requests([0.1, 1]);
  for (const [status, ms] of [
    [200, 100],
    [204, 101],
    [404, 1000],
    [599, 5000],
  ])
    answer(undefined, status, ms);
  expect(requests.responses).toEqual([0, 2, 0, 1, 1]);
  expect(requests.buckets).toEqual([1, 2, 1]);
  expect([requests.begun, requests.inFlight, requests.aborted]).toEqual([4, 0, 0]);
  expect(requests.seconds).toBeCloseTo(6.201);
});

test('a connection that closes takes what it carries with it', () => {
  const requests = new Requests([]);
  const socket = fakeSocket(fakeServer());
  answer(socket);
  for (let i = 0; i < 3; i++) says.request(socket, fakeResponse());
  expect([requests.inFlight, socket.listenerCount('close')]).toEqual([3, 1]);
  socket.emit('close');
  expect([requests.inFlight, requests.aborted, requests.begun]).toEqual([0, 3, 4]);
});

test('streams of HTTP/2: complete, reset, and pushed by the server', () => {
  const requests = new Requests([]);
  const begin = (id: number, rstCode: number) => {
    const sentHeaders = { ':status': 302 };
    const stream = Object.assign(new EventEmitter(), {
      id,
      rstCode,
      aborted: false,
      sentHeaders,
      session: {},
    });
    dc.channel('http2.server.stream.start').publish({ stream });
    return stream;
  };
  const all = [begin(1, 0), begin(3, 8), begin(2, 0)];
  expect(requests.inFlight).toBe(2);
  for (const stream of all) stream.emit('close');
  expect([requests.responses, requests.aborted, requests.inFlight]).toEqual([[0, 0, 1, 0, 0], 1, 0]);
});

test('what began before is not counted, and nothing after; no connection keeps a listener', () => {
  const socket = fakeSocket(fakeServer());
  const early = fakeResponse();
  says.request(socket, early);
  const requests = new Requests([]);
  says.finish(socket, early);
  says.request(socket, fakeResponse());
  requests.stop();
  says.request(socket, fakeResponse());
  expect([requests.begun, requests.responses, socket.listenerCount('close')]).toEqual([
    1,
    [0, 0, 0, 0, 0],
    0,
  ]);
});

test('the first question starts the meter, and it counts between questions', () => {
  const readings: Reading[] = [];
  const ask = (): void => {
    measure((reading) => readings.push(reading));
    pass(1);
  };
  answer();
  ask();
  answer();
  ask();
  expect(readings.map(({ since, requests }) => [since, requests])).toEqual([
    [1000, 0],
    [1000, 1],
  ]);
});

test('not asked for 5 s, the meter stops; asked, it goes on', () => {
  const since: number[] = [];
  const ask = (): void => {
    measure((reading) => since.push(reading.since));
    pass(1);
  };
  ask();
  pass(4000);
  ask();
  pass(4000);
  ask();
  pass(5001);
  ask();
  expect(since).toEqual([1000, 1000, 1000, now - 1]);
});

test('told to go on, it does so unasked, and reports before the end', () => {
  const report = vi.fn<(reading: Reading) => void>();
  reportNow();
  keepMeasuring([0.1], report);
  pass(60_000);
  answer();
  reportNow();
  expect(report.mock.lastCall?.[0]).toMatchObject({ since: 1000, requests: 1, buckets: [1, 0] });
  keepMeasuring([0.1], report);
  reportNow();
  expect(report.mock.lastCall?.[0]).toMatchObject({ since: now, requests: 0 });
  keepMeasuring(null, report);
  reportNow();
  expect(report).toHaveBeenCalledTimes(2);
});
