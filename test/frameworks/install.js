/**
 * Installs the frameworks that are tested into `.frameworks`, from lock files of their own: they are many, and nothing
 * else needs them. `small` are all but Next.js, `next` is Next.js with its app, built.
 * Usage: node test/frameworks/install.js small next
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');

for (const name of process.argv.slice(2)) {
  const folder = path.join(root, '.frameworks', name);
  const lock = readFileSync(path.join(import.meta.dirname, name, 'package-lock.json'), 'utf8');
  const done = path.join(folder, 'done');
  // Again, when the lock file has changed; a run that was broken off has not written it.
  if (existsSync(done) && readFileSync(done, 'utf8') === lock) continue;
  cpSync(path.join(import.meta.dirname, name), folder, { recursive: true });
  // `npm ci` refuses a lock file where a registry lacks the binaries of some other platform.
  npm(folder, 'install', '--no-audit', '--no-fund', '--ignore-scripts');
  if (name === 'next') build(folder);
  writeFileSync(done, lock);
}

/** In the folder of its packages: the bundler follows no links out of it. */
function build(folder) {
  cpSync(path.join(root, 'fixtures/frameworks/next'), folder, { recursive: true });
  const next = path.join(folder, 'node_modules/next/dist/bin/next');
  const env = { ...process.env, NEXT_TELEMETRY_DISABLED: '1' };
  execFileSync(process.execPath, [next, 'build'], { cwd: folder, stdio: 'inherit', env });
}

function npm(cwd, ...args) {
  execFileSync('npm', args, { cwd, stdio: 'inherit' });
}
