/**
 * Compares the ways to balance connections, side by side in one run, and writes the table of docs/balance.md:
 * `npm run bench:balance`, with `-- --pm2` next to PM2, which it installs in a temporary folder for that.
 * Options: `--modes a,b`, `--rounds N`, `--dry` writes nothing.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { cpu, evenness, tail } from './measures.js';
import { installPm2, startClusterUp } from './runners.js';

const { values } = parseArgs({
  options: {
    modes: { type: 'string', default: 'shared,least-connections,kernel,round-robin,sticky' },
    rounds: { type: 'string', default: '2' },
    pm2: { type: 'boolean', default: false },
    dry: { type: 'boolean', default: false },
  },
});
const pm2 = values.pm2 ? installPm2() : null;
const modes = [...values.modes.split(','), ...(pm2 === null ? [] : ['PM2'])];
const DOC = path.join(import.meta.dirname, '../../docs/balance.md');

const results = new Map(modes.map((mode) => [mode, []]));
try {
  // Round by round, so that what else the machine does hits all alike.
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const mode of modes) {
      const result = await measure(mode);
      results.get(mode).push(result);
      console.log(`${mode}: ${JSON.stringify(result)}`);
    }
  }
} finally {
  pm2?.remove();
}
const table = render();
console.log(table);
if (!values.dry) {
  const text = readFileSync(DOC, 'utf8').replace(
    /(<!-- table -->\n)[^]*(<!-- \/table -->)/,
    `$1\n${table}\n$2`,
  );
  writeFileSync(DOC, await format(text, { ...(await resolveConfig(DOC)), filepath: DOC }));
}

async function measure(mode) {
  return {
    ...(await running(mode, 8, async (port, pid) => ({
      burst: await evenness(port, 8, 400, Infinity),
      slow: await evenness(port, 8, 400, 400),
      cpu8: await cpu(port, pid, 4000),
    }))),
    ...(await running(mode, 2, async (port, pid) => ({ cpu2: await cpu(port, pid, 4000) }))),
    ...(await running(mode, 4, async (port) => ({
      p99: Math.min(await tail(port, 900, 300), await tail(port, 900, 300)),
    }))),
  };
}

async function running(mode, instances, run) {
  const port = await freePort();
  const start = mode === 'PM2' ? pm2.start : startClusterUp;
  const { pid, end } = await start({ balance: mode, instances, port });
  try {
    // The first connections pay for compiling.
    await cpu(port, pid, 500);
    return await run(port, pid);
  } finally {
    await end();
  }
}

function freePort() {
  return new Promise((resolve) => {
    const server = net.createServer().listen(0, () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

function render() {
  const of = (mode) => summary(results.get(mode));
  const base = of(modes[0]);
  const ratio = (value, reference) => `(${(value / reference).toFixed(2)} ×)`;
  const cells = (mode) => {
    const { burst, slow, cpu2, cpu8, p99 } = of(mode);
    return [
      mode === 'PM2' ? `PM2 ${pm2.version}` : `\`${mode}\``,
      `${burst.least}–${burst.most}`,
      `${slow.least}–${slow.most}`,
      `${cpu2.toFixed(0)} µs ${ratio(cpu2, base.cpu2)}`,
      `${cpu8.toFixed(0)} µs ${ratio(cpu8, base.cpu8)}`,
      `${p99.toFixed(1)} ms ${ratio(p99, base.p99)}`,
    ];
  };
  const head = ['', 'least–most, burst', 'least–most, 400/s', 'CPU, 2 workers', 'CPU, 8 workers', 'p99'];
  const rows = [head, head.map(() => '---'), ...modes.map(cells)];
  const lines = rows.map((row) => `| ${row.join(' | ')} |`);
  const how = `Node ${process.versions.node}, ${os.availableParallelism()} cores, ${values.rounds} rounds (of times the least, of spreads the worst); × is relative to \`${modes[0]}\` of the same run.`;
  return `${lines.join('\n')}\n\n${how}\n`;
}

/** What else the machine does only adds to times, so the least of the rounds counts; of the spreads, the worst. */
function summary(rounds) {
  const least = (key) => Math.min(...rounds.map((round) => round[key]));
  const ratio = ({ least, most }) => most / Math.max(1, least);
  const worst = (key) => rounds.map((round) => round[key]).sort((a, b) => ratio(b) - ratio(a))[0];
  return {
    burst: worst('burst'),
    slow: worst('slow'),
    cpu2: least('cpu2'),
    cpu8: least('cpu8'),
    p99: least('p99'),
  };
}
