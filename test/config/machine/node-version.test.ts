/** Asking another Node for its version: as root, never with root's rights where somebody else may have put it. */
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeVersionOf } from '../../../src/config/machine/node-version.ts';
import { grounds } from '../../files/theirs.ts';

/** Says as whom it runs, and whether it was given our environment. */
const TELLTALE = '#!/bin/sh\necho "v$(id -u).$(id -g).${#TELLTALE}"\n';

function script(file: string): string {
  writeFileSync(file, TELLTALE);
  chmodSync(file, 0o755);
  return file;
}

describe.runIf(process.platform === 'linux' && process.getuid?.() === 0)(
  'as root (skipped without root)',
  () => {
    test('what is root’s runs as root, what another user has or may replace does not', () => {
      process.env['TELLTALE'] = 'four';
      const on = grounds();
      chmodSync(on.ours(), 0o755);
      const own = script(on.theirs('own'));
      on.give(own);
      expect(nodeVersionOf(script(on.ours('node')))).toBe('v0.0.4');
      expect(nodeVersionOf(own)).toBe('v65534.65534.0');
      expect(nodeVersionOf(script(on.theirs('of-root')))).toBe('v65534.65534.0');
      symlinkSync(on.ours('node'), on.theirs('link'));
      expect(nodeVersionOf(on.theirs('link'))).toBe('v65534.65534.0');
      delete process.env['TELLTALE'];
    });
  },
);

test('a Node says its version, anything else none', () => {
  expect(nodeVersionOf(process.execPath)).toBe(process.version);
  expect(nodeVersionOf('/bin/ls-that-is-not-there')).toBeNull();
});
