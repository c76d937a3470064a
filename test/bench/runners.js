/** Starts the app of the benchmarks under cluster-up or PM2, in a folder of its own, and ends it again. */
import { execFileSync, spawn } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';

const here = import.meta.dirname;
const APP = path.join(here, '../../fixtures/bench/app.js');
const CLI = path.join(here, '../../dist/cli/main.js');

/**
 * @returns the pid of the process that all others descend from, and how to end it
 */
export async function startClusterUp({ balance, instances, port }) {
  const folder = temporary();
  cpSync(APP, path.join(folder, 'app.js'));
  const file = path.join(folder, 'ecosystem.yml');
  const app = {
    name: 'bench',
    script: './app.js',
    instances,
    exec_mode: 'cluster',
    balance,
    env: { PORT: port },
  };
  writeFileSync(file, JSON.stringify({ apps: [app] }));
  const child = spawn(process.execPath, [CLI, file, '--no-watch'], { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const printed = [];
  await new Promise((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        printed.push(line);
        if (line.includes('converged in')) resolve();
      });
    }
    void ended.then(() => reject(new Error(`cluster-up ended:\n${printed.join('\n')}`)));
  });
  return {
    pid: child.pid,
    end: async () => {
      child.kill('SIGINT');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Installs PM2 in a temporary folder; the result starts the app with it, and `remove` deletes the folder. */
export function installPm2() {
  const folder = temporary();
  execFileSync('npm', ['install', '--silent', '--no-audit', '--no-fund', '--prefix', folder, 'pm2@7'], {
    stdio: 'inherit',
  });
  const modules = path.join(folder, 'node_modules/pm2');
  const { version } = JSON.parse(readFileSync(path.join(modules, 'package.json'), 'utf8'));
  const home = path.join(folder, 'home');
  const pm2 = (...args) =>
    execFileSync(process.execPath, [path.join(modules, 'bin/pm2'), ...args], {
      env: { ...process.env, PM2_HOME: home },
      stdio: 'pipe',
    });
  return {
    version,
    start: ({ instances, port }) => {
      const file = path.join(folder, 'ecosystem.json');
      const app = { name: 'bench', script: APP, instances, exec_mode: 'cluster', env: { PORT: port } };
      writeFileSync(file, JSON.stringify({ apps: [app] }));
      pm2('start', file);
      return {
        pid: Number(readFileSync(path.join(home, 'pm2.pid'), 'utf8')),
        end: () => pm2('kill'),
      };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function temporary() {
  return mkdtempSync(path.join(os.tmpdir(), 'cluster-up-bench-'));
}
