/**
 * A load on any number of addresses that never sends a request again, in a process of its own so that nothing delays
 * it. Each address has lanes that keep a connection, and lanes that take a new one for each request.
 */
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout } from 'node:timers';

/** Lanes of each kind, and how often each sends a request, in ms. */
const LANES = 2;
const EVERY = 80;
/** How long a request may take, in ms. */
const TIMEOUT = 15_000;

/** By key: the lanes of an address. */
const loads = new Map();
let requests = 0;
let failures = [];

function request(key, to, agent) {
  return new Promise((resolve) => {
    const begun = Date.now();
    requests += 1;
    const end = (error) => {
      if (error !== null && failures.length < 1000) {
        failures.push({ key, error, begun, ended: Date.now(), kept: sent.reusedSocket });
      }
      resolve();
    };
    const sent = http.get({ ...to, agent, timeout: TIMEOUT }, (response) => {
      response.resume();
      response.on('end', () => {
        if (!response.complete) end('incomplete');
        else end(response.statusCode === 200 ? null : `status ${response.statusCode}`);
      });
      response.on('error', (error) => end(error.code ?? error.message));
    });
    sent.on('timeout', () => sent.destroy(Object.assign(new Error('timeout'), { code: 'timeout' })));
    sent.on('error', (error) => end(error.code ?? error.message));
  });
}

async function lane(load, agent, offset) {
  let due = performance.now() + offset;
  while (!load.stopping) {
    const wait = due - performance.now();
    if (wait > 1) await new Promise((resolve) => setTimeout(resolve, wait));
    if (load.stopping) break;
    // What could not be sent in time is left out, not made up for.
    due = Math.max(due + EVERY, performance.now());
    await request(load.key, load.to, agent);
  }
  if (agent) agent.destroy();
}

function start(key, to) {
  const load = { key, to, stopping: false, lanes: [] };
  for (let i = 0; i < LANES; i++) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    load.lanes.push(lane(load, agent, (i * EVERY) / LANES), lane(load, false, ((i + 0.5) * EVERY) / LANES));
  }
  loads.set(key, load);
}

async function stop(key) {
  const load = loads.get(key);
  loads.delete(key);
  load.stopping = true;
  await Promise.all(load.lanes);
}

/** `load` says on which addresses there is to be a load from now on; answered once the others are at rest. */
async function loadOn(addresses) {
  const keys = new Set(addresses.map(({ key }) => key));
  await Promise.all([...loads.keys()].filter((key) => !keys.has(key)).map(stop));
  for (const { key, to } of addresses) if (!loads.has(key)) start(key, to);
}

process.on('message', async ({ id, load }) => {
  if (load !== undefined) await loadOn(load);
  process.send({ id, requests, failures });
  failures = [];
});
process.on('disconnect', () => process.exit());
