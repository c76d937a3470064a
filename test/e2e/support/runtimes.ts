/** Which Node and which build of cluster-up are tested. vitest itself stays on the current Node. */
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'vitest';

export const root: string = path.resolve(import.meta.dirname, '../../..');

/** The Node that runs the supervisor and its workers. */
export const node: string = process.env['E2E_NODE'] ?? process.execPath;

/** `E2E_CLI` names another build: a package that was installed elsewhere. */
export const cli: string = process.env['E2E_CLI'] ?? path.join(root, 'dist/cli/main.js');

const [major = 0, minor = 0] = execFileSync(node, ['-p', 'process.versions.node'], { encoding: 'utf8' })
  .split('.')
  .map(Number);

/** A promise that only Node of this version or later can keep; elsewhere the test is skipped, and its name says why. */
export function sinceNode(wanted: string): typeof test.skip {
  const [wantedMajor = 0, wantedMinor = 0] = wanted.split('.').map(Number);
  const isThere = major > wantedMajor || (major === wantedMajor && minor >= wantedMinor);
  return test.skipIf(!isThere) as typeof test.skip;
}
