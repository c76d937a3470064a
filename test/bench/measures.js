/** What is measured, each at an app that runs already; every load is bounded in number and time. */
import { readdirSync, readFileSync } from 'node:fs';
import http from 'node:http';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';

/** Clients come from as many addresses of this machine, so that what goes by the client's address has a choice. */
const ADDRESSES = 200;
const addressOf = (client) => `127.0.1.${(client % ADDRESSES) + 1}`;

/**
 * Opens long-lived connections and tells how many each worker has.
 *
 * @param perSecond how fast they come; Infinity is all at once
 * @returns the least and the most
 */
export async function evenness(port, workers, connections, perSecond) {
  const agents = [];
  const held = new Array(workers).fill(0);
  const begun = performance.now();
  const all = [];
  for (let i = 0; i < connections; i++) {
    const wait = begun + (i * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    agents.push(agent);
    all.push(get(port, '/', { agent, localAddress: addressOf(i) }).then((slot) => held[Number(slot)]++));
  }
  await Promise.all(all);
  for (const agent of agents) agent.destroy();
  return { least: Math.min(...held), most: Math.max(...held), held };
}

/** CPU time per short connection of all processes from `pid` down, in µs. */
export async function cpu(port, pid, connections) {
  const lanes = 16;
  let left = connections;
  let client = 0;
  const lane = async () => {
    while (left-- > 0) await get(port, '/', { agent: false, localAddress: addressOf(client++) });
  };
  const before = cpuTime(pid);
  await Promise.all(Array.from({ length: lanes }, lane));
  return (cpuTime(pid) - before) / 1000 / connections;
}

/** 99th percentile of quick requests on new connections while 1 in 60 blocks its worker for 80 ms, in ms. */
export async function tail(port, requests, perSecond) {
  const took = [];
  const all = [];
  const begun = performance.now();
  for (let i = 0; i < requests; i++) {
    const wait = begun + (i * 1000) / perSecond - performance.now();
    if (wait > 0) await sleep(wait);
    const blocks = i % 60 === 30;
    const start = performance.now();
    const request = get(port, blocks ? '/block' : '/', { agent: false, localAddress: addressOf(i) });
    all.push(request.then(() => blocks || took.push(performance.now() - start)));
  }
  await Promise.all(all);
  took.sort((a, b) => a - b);
  return took[Math.floor(took.length * 0.99)];
}

/** Resolves with the answer; whatever fails ends the benchmark. */
function get(port, url, options) {
  return new Promise((resolve, reject) => {
    const request = http.get({ host: '127.0.0.1', port, path: url, ...options }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk) => (body += chunk));
      response.on('end', () => resolve(body));
    });
    request.on('error', reject);
  });
}

/** Of all threads of all processes from `root` down, in ns. */
function cpuTime(root) {
  const parents = new Map();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    const text = read(`/proc/${pid}/stat`);
    if (text !== null) parents.set(Number(pid), Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]));
  }
  const isBelow = (pid) => pid === root || (parents.has(pid) && isBelow(parents.get(pid)));
  let sum = 0;
  for (const pid of [...parents.keys()].filter(isBelow)) {
    for (const thread of readdirSync(`/proc/${pid}/task`)) {
      sum += Number(read(`/proc/${pid}/task/${thread}/schedstat`)?.split(' ')[0] ?? 0);
    }
  }
  return sum;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
