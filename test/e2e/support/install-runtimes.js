/**
 * Installs other versions of Node from the npm package `node`, for the end-to-end tests: `.runtimes/node24`.
 * Usage: node test/e2e/support/install-runtimes.js [24] [22] [26]
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../../..');
const majors = process.argv.length > 2 ? process.argv.slice(2) : ['24'];

for (const major of majors) {
  const folder = path.join(root, '.runtimes', `node${major}`);
  const binary = path.join(
    folder,
    'node_modules',
    'node',
    'bin',
    process.platform === 'win32' ? 'node.exe' : 'node',
  );
  if (!existsSync(binary)) install(folder, major);
  console.log(`${execFileSync(binary, ['--version'], { encoding: 'utf8' }).trim()} ${binary}`);
}

function install(folder, major) {
  mkdirSync(folder, { recursive: true });
  // A package of its own, or npm would take the nearest one above.
  writeFileSync(path.join(folder, 'package.json'), '{ "private": true }\n');
  // The package fetches its binary in an install script.
  const flags = ['--no-save', '--no-audit', '--no-fund', '--ignore-scripts=false'];
  execFileSync('npm', ['install', '--prefix', folder, ...flags, `node@${major}`], { stdio: 'inherit' });
}
