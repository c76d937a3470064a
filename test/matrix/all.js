/**
 * The whole matrix: every protocol, way and framework on every Node, and what came of it as one table.
 * Usage: node test/matrix/all.js [20] [22] [24] [26]
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const majors = process.argv.length > 2 ? process.argv.slice(2) : ['20', '22', '24', '26'];
// The tests themselves run on this Node, and so does what they test in the project without a number.
const here = process.versions.node.split('.')[0];
const projects = majors.map((major) => (major === here ? 'e2e' : `e2e-${major}`));

const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-matrix-'));
const rows = path.join(folder, 'rows.txt');
const vitest = path.join(root, 'node_modules/vitest/vitest.mjs');
const which = projects.flatMap((project) => ['--project', project, '--project', `${project}-alone`]);
const { status } = spawnSync(process.execPath, [vitest, 'run', ...which, 'test/matrix', 'test/frameworks'], {
  cwd: root,
  stdio: 'inherit',
  env: { ...process.env, MATRIX: 'all', MATRIX_ROWS: rows },
});

// The heads come with the rows of each Node; they are alike.
const lines = readFileSync(rows, 'utf8').trimEnd().split('\n');
console.log([...new Set(lines)].join('\n'));
rmSync(folder, { recursive: true });
process.exitCode = status ?? 1;
