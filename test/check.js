/**
 * `npm run check`: its steps side by side, as many as there are cores for, longest first; what each has printed comes as
 * a whole once it is over. The exit code is 1 if any of them has failed.
 */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { performance } from 'node:perf_hooks';

const STEPS = ['test:unit', 'lint', 'types', 'layout'];

async function run(step) {
  const began = performance.now();
  const env = { ...process.env, ...(process.stdout.isTTY ? { FORCE_COLOR: '1' } : {}) };
  const child = spawn('npm', ['run', '--silent', step], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (piece) => said.push(piece));
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  for (const piece of said) process.stdout.write(piece);
  console.log(`${code === 0 ? 'passed' : 'FAILED'}: npm run ${step} (${seconds} s)`);
  if (code !== 0) process.exitCode = 1;
}

const waiting = [...STEPS];
await Promise.all(
  Array.from({ length: Math.max(2, availableParallelism()) }, async () => {
    for (let step = waiting.shift(); step !== undefined; step = waiting.shift()) await run(step);
  }),
);
