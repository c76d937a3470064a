// What counting costs: one worker answers as fast as it can, and `metrics` is switched on and off by edits of the file
// again and again, so that both halves of each pair are the same processes a moment apart.
//
//   npm run build && node test/bench/metrics.js [pairs] [seconds]
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import http from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const [pairs = 12, seconds = 3] = process.argv.slice(2).map(Number);
const PORT = 18_431;
const LANES = 32;
const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-bench-'));
const file = path.join(folder, 'ecosystem.yml');
const write = (on) =>
  writeFileSync(
    file,
    `metrics: ${on}\napps: [{ name: web, script: ./server.js, instances: 1, env: { PORT: ${PORT} } }]\n`,
  );
writeFileSync(path.join(folder, 'package.json'), '{}');
writeFileSync(
  path.join(folder, 'server.js'),
  `require('node:http').createServer((request, response) => response.end('hello')).listen(process.env.PORT);`,
);

write(false);
const cli = path.join(import.meta.dirname, '../../dist/cli/main.js');
const supervisor = spawn(process.execPath, [cli, file], { stdio: ['ignore', 'pipe', 'inherit'] });
const lines = createInterface({ input: supervisor.stdout })[Symbol.asyncIterator]();
const pid = await readUntil(/web:0 ready \(pid (\d+)\)/);
await readUntil(/converged in/);

let answered = 0;
let running = true;
const lanes = Array.from({ length: LANES }, lane);
await sleep(3000);

const ratios = { requests: [], cpu: [] };
for (let pair = 0; pair < pairs; pair++) {
  // Which comes first changes, so that a drift of the machine favours neither.
  const [first, second] = pair % 2 === 0 ? [false, true] : [true, false];
  const results = { [String(first)]: await measure(first), [String(second)]: await measure(second) };
  const [off, on] = [results.false, results.true];
  ratios.requests.push(on.rate / off.rate - 1);
  ratios.cpu.push(on.cpu / off.cpu - 1);
  console.log(
    `${pair + 1}: off ${off.rate.toFixed(0)}/s ${off.cpu.toFixed(1)} µs, on ${on.rate.toFixed(0)}/s ${on.cpu.toFixed(1)} µs`,
  );
}
running = false;
await Promise.all(lanes);
supervisor.kill();
rmSync(folder, { recursive: true });
console.log(`requests/s with metrics: ${summary(ratios.requests)}`);
console.log(`CPU per request of the worker with metrics: ${summary(ratios.cpu)}`);

/** Requests a second, and CPU time of the worker per request in µs. */
async function measure(on) {
  const before = readFileSync(file, 'utf8');
  write(on);
  if (before !== readFileSync(file, 'utf8')) await readUntil(/converged in/);
  await sleep(500);
  const [begun, count, used] = [performance.now(), answered, cpuTime()];
  await sleep(seconds * 1000);
  const requests = answered - count;
  return {
    rate: (requests * 1000) / (performance.now() - begun),
    cpu: ((cpuTime() - used) * 1000) / requests,
  };
}

/** Of the worker so far, in ms: it is in nanoseconds here, where /proc/PID/stat has ticks of 10 ms. */
function cpuTime() {
  return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

async function lane() {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  while (running) {
    await new Promise((resolve, reject) => {
      const request = http.get({ host: '127.0.0.1', port: PORT, agent }, (response) => {
        response.resume().on('end', resolve);
      });
      request.on('error', reject);
    });
    answered++;
  }
  agent.destroy();
}

async function readUntil(pattern) {
  for (;;) {
    const { value, done } = await lines.next();
    if (done) throw new Error('the supervisor has ended');
    const match = pattern.exec(value);
    if (match !== null) return match[1];
  }
}

function summary(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const percent = (value) => `${(value * 100).toFixed(1)} %`;
  const median =
    (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
  return `median ${percent(median)} (${percent(sorted[0])} to ${percent(sorted.at(-1))}, ${values.length} pairs)`;
}
