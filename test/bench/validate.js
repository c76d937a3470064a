/**
 * How long `validate` takes as a whole process, beside what it cannot do without: starting Node, and reading the same
 * file with the YAML library alone. Run by run in turn, so that what else the machine does hits all alike.
 * `npm run bench:validate`, with `-- --node PATH` once for each Node, `--rounds N`, `--dist FOLDER` for another build.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';

const root = path.join(import.meta.dirname, '../..');
const { values } = parseArgs({
  options: {
    node: { type: 'string', multiple: true, default: [process.execPath] },
    rounds: { type: 'string', default: '15' },
    dist: { type: 'string', default: path.join(root, 'dist') },
  },
});
const folder = mkdtempSync(path.join(tmpdir(), 'cluster-up-bench-'));
const main = path.join(path.resolve(values.dist), 'cli/main.js');
const small = path.join(root, 'fixtures/hello/ecosystem.yml');
const large = write('large.yml', `apps:\n${apps().map(asYaml).join('')}`);
const CASES = [
  ['node -e 0', ['-e', '0']],
  ['a small file: YAML alone', [readYaml(), small]],
  ['a small file: validate', [main, 'validate', small]],
  ['5,000 apps: YAML alone', [readYaml(), large]],
  ['5,000 apps: validate', [main, 'validate', large]],
  ['5,000 apps with defaults', [main, 'validate', write('defaults.yml', withDefaults())]],
  ['5,000 apps as JSON', [main, 'validate', write('large.json', JSON.stringify({ apps: apps() }))]],
];

try {
  write('server.js', '');
  for (const node of values.node) console.log(report(node, measure(node)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The durations of each case, in ms. */
function measure(node) {
  const taken = CASES.map(() => []);
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [i, [name, args]] of CASES.entries()) {
      const begun = performance.now();
      const { status, stderr } = spawnSync(node, args, { encoding: 'utf8' });
      taken[i].push(performance.now() - begun);
      if (status !== 0) throw new Error(`${name}: ${stderr}`);
    }
  }
  return taken.map((each) => each.sort((a, b) => a - b));
}

function report(node, taken) {
  const version = spawnSync(node, ['--version'], { encoding: 'utf8' }).stdout.trim();
  const [[bare]] = taken;
  const rows = CASES.map(([name], i) => {
    const [least, median] = [taken[i][0], taken[i][Math.floor(taken[i].length / 2)]];
    return `| ${name.padEnd(25)} | ${ms(least)} | ${ms(median)} | ${(least / bare).toFixed(2).padStart(12)} |`;
  });
  const head = `| ${`Node ${version.slice(1)}, ms`.padEnd(25)} | least | median | × node -e 0 |`;
  return [head, '| ------------------------- | ----: | -----: | -----------: |', ...rows, ''].join('\n');
}

function ms(duration) {
  return String(Math.round(duration)).padStart(6);
}

function apps() {
  return Array.from({ length: 5000 }, (_, i) => ({
    name: `app-${i}`,
    script: './server.js',
    instances: 2,
    env: { PORT: 10_000 + i },
  }));
}

function asYaml({ name, script, instances, env }) {
  return `  - name: ${name}\n    script: ${script}\n    instances: ${instances}\n    env: { PORT: ${env.PORT} }\n`;
}

function withDefaults() {
  const shared =
    'x-env: &env { LOG_LEVEL: info }\ndefaults:\n  script: ./server.js\n  instances: 2\n  kill_timeout: 5s\n';
  const each = ({ name, env }) => `  - name: ${name}\n    env: { <<: *env, PORT: ${env.PORT} }\n`;
  return `${shared}apps:\n${apps().map(each).join('')}`;
}

/** A script that only reads its argument with the library, with the options that cluster-up has for it. */
function readYaml() {
  const yaml = JSON.stringify(import.meta.resolve('yaml'));
  const text = `import { readFileSync } from 'node:fs';
import { parseDocument } from ${yaml};
parseDocument(readFileSync(process.argv[2], 'utf8'), { prettyErrors: false, uniqueKeys: false, logLevel: 'error' });
`;
  return write('yaml.mjs', text);
}

function write(name, text) {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  return file;
}
