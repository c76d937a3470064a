/**
 * A load of plain HTTP/1.1 requests that never retries, in a process of its own so that nothing delays it.
 * Some lanes keep one connection alive, the others take a new connection for each request.
 * Reports what happened over IPC: 20 times a second and at the end.
 */
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { clearInterval, setInterval, setTimeout } from 'node:timers';

const { to, keepAlive, fresh, rate, timeout } = JSON.parse(process.argv[2]);
const interval = ((keepAlive + fresh) * 1000) / rate;

const stats = {
  requests: 0,
  ok: 0,
  failures: [],
  failedAt: [],
  failed: 0,
  worstGap: 0,
  worstLatency: 0,
  answers: {},
};
let stopping = false;
let lastSuccess = null;

function request(agent) {
  return new Promise((resolve) => {
    const begun = performance.now();
    stats.requests++;
    let over = false;
    const end = (error) => {
      if (over) return;
      over = true;
      if (error !== null) fail(error, begun, req.reusedSocket);
      resolve();
    };
    const req = http.get({ ...to, agent, timeout }, (res) => {
      let body = '';
      res.setEncoding('utf8');
      res.on('data', (chunk) => (body += chunk));
      res.on('end', () => {
        if (!res.complete) return end('incomplete');
        if (res.statusCode !== 200) return end(`status ${res.statusCode}`);
        succeed(body, begun);
        end(null);
      });
      res.on('error', (error) => end(error.code ?? error.message));
    });
    req.on('timeout', () => req.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
    req.on('error', (error) => end(error.code ?? error.message));
  });
}

function succeed(body, begun) {
  const now = performance.now();
  stats.ok++;
  stats.answers[body] = (stats.answers[body] ?? 0) + 1;
  stats.worstLatency = Math.max(stats.worstLatency, now - begun);
  if (lastSuccess !== null) stats.worstGap = Math.max(stats.worstGap, now - lastSuccess);
  lastSuccess = now;
}

function fail(error, begun, reused) {
  stats.failed++;
  if (stats.failedAt.length < 1000) stats.failedAt.push(Date.now());
  const ms = Math.round(performance.now() - begun);
  const connection = reused ? 'kept-alive' : 'new';
  if (stats.failures.length < 20)
    stats.failures.push(`${error} on a ${connection} connection after ${ms} ms`);
}

async function lane(agent, offset) {
  let due = performance.now() + offset;
  while (!stopping) {
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    if (stopping) break;
    // What could not be sent in time is left out, not made up for.
    due = Math.max(due + interval, performance.now());
    await request(agent);
  }
}

const agents = Array.from({ length: keepAlive }, () => new http.Agent({ keepAlive: true, maxSockets: 1 }));
const lanes = [
  ...agents.map((agent, i) => lane(agent, (i * interval) / (keepAlive + fresh))),
  ...Array.from({ length: fresh }, (_, i) => lane(false, ((keepAlive + i) * interval) / (keepAlive + fresh))),
];

const report = setInterval(() => process.send(stats), 50);
process.on('message', () => (stopping = true));
process.on('disconnect', () => process.exit());
await Promise.all(lanes);
clearInterval(report);
process.send({ ...stats, done: true }, () => process.exit());
