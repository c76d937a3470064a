import { expect, test } from 'vitest';
import { keepingCode, withCode } from '../../src/releases/with-code.ts';
import type { Code } from '../../src/model/code.ts';
import { spec as appSpec } from '../plan/build.ts';

const code = (digest: string, folder = '/srv/app'): Code => ({
  id: digest.slice(0, 8),
  from: 'files',
  folder,
  digest,
});
const spec = appSpec({ name: 'web', instances: 2 });
const before = withCode(spec, code('one'));

test('other code is another revision, and the same is the same', () => {
  expect(before.revision).not.toBe(spec.revision);
  expect(withCode(before, code('two')).revision).not.toBe(before.revision);
  expect(withCode(withCode(spec, code('two')), code('one')).revision).toBe(before.revision);
  expect(withCode(before, code('one'))).toBe(before);
});

test('an edit of something else does not bring other code along', () => {
  const edited = { ...withCode(spec, code('two')), instances: 5 };
  const kept = keepingCode(edited, before);
  expect(kept).toMatchObject({ instances: 5, revision: before.revision, process: { code: code('one') } });
});

test('an edit that rolls does', () => {
  const edited = withCode({ ...spec, process: { ...spec.process, args: ['--new'] } }, code('two'));
  expect(keepingCode(edited, before)).toBe(edited);
});

test('an app that is new is of the code that is there', () => {
  expect(keepingCode(before, undefined)).toBe(before);
  expect(keepingCode(before, spec)).toBe(before);
});
