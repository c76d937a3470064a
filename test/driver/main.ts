/** Seeds in parallel, and what became of each. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { closeAll, drive, type Result } from './drive.ts';
import type { Build } from './world.ts';

const USAGE = `npm run test:driver -- [--seed N] [--seeds COUNT] [--first N] [--steps 200] [--parallel 2] [--node 24] [--cli FILE] [--verbose]

  --seed N       only this seed, step by step
  --seeds COUNT  so many seeds (2), from --first (1) on
  --node MAJOR   the Node to test with: one of .runtimes, or a path; without it, the one that runs this
  --without STEP leave out the step of this name; may be given again
  --cli FILE     another build than the one of dist
`;

/** What was asked for cannot be done; the message says why. */
export class Usage extends Error {}

const root = path.resolve(import.meta.dirname, '../..');

/** @param node a major version, or the path of a Node. */
export function buildOf(node: string | undefined, cli: string = path.join(root, 'dist/cli/main.js')): Build {
  const own = process.versions.node.split('.')[0];
  if (node === undefined || node === own) return { node: process.execPath, cli };
  const found = /^\d+$/.test(node)
    ? path.join(root, `.runtimes/node${node}/node_modules/node/bin/node`)
    : node;
  if (!existsSync(found))
    throw new Usage(`there is no ${found}: node test/e2e/support/install-runtimes.js ${node}`);
  return { node: found, cli };
}

/** Resolves with the exit code. */
export async function main(args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      seed: { type: 'string' },
      seeds: { type: 'string', default: '2' },
      first: { type: 'string', default: '1' },
      steps: { type: 'string', default: '200' },
      parallel: { type: 'string', default: '2' },
      node: { type: 'string' },
      cli: { type: 'string' },
      without: { type: 'string', multiple: true, default: [] },
      verbose: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return 0;
  }
  const build = buildOf(values.node, values.cli === undefined ? undefined : path.resolve(values.cli));
  const first = Number(values.seed ?? values.first);
  const seeds = Array.from(
    { length: values.seed === undefined ? Number(values.seeds) : 1 },
    (_, i) => first + i,
  );
  const say = values.verbose || values.seed !== undefined ? console.log : () => {};
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void closeAll().finally(() => process.exit(1)));
  }
  const results: Result[] = [];
  const lane = async (): Promise<void> => {
    for (let seed = seeds.shift(); seed !== undefined; seed = seeds.shift()) {
      const result = await drive({ seed, count: Number(values.steps), build, without: values.without, say });
      console.log(describe(result, values.node));
      results.push(result);
    }
  };
  await Promise.all(Array.from({ length: Number(values.parallel) }, lane));
  const failed = results.filter(({ violation }) => violation !== null);
  const steps = results.reduce((sum, result) => sum + result.steps.length, 0);
  console.log(
    `${results.length} seeds, ${steps} steps: ${failed.length === 0 ? 'all held' : `${failed.length} did not hold`}`,
  );
  return failed.length === 0 ? 0 : 1;
}

function describe({ seed, steps, requests, cut, violation, ms }: Result, node: string | undefined): string {
  const seconds = Math.round(ms / 100) / 10;
  if (violation === null) {
    return `seed ${seed}: ${steps.length} steps held in ${seconds} s; ${requests} requests, ${cut} of them with a worker that was killed`;
  }
  const list = steps.map((text, i) => `  ${String(i + 1).padStart(3)} ${text}`).join('\n');
  const again = `npm run test:driver -- --seed ${seed} --steps ${steps.length}${node === undefined ? '' : ` --node ${node}`}`;
  return `seed ${seed} FAILED at step ${steps.length}:\n${list}\n${violation}\nagain: ${again}`;
}
