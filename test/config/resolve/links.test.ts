/** Paths that lead through symbolic links, on a real file system. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { disk } from '../../../src/config/machine/real-files.ts';
import type { Loaded } from '../../../src/config/load-ecosystem.ts';
import type { AppSpec } from '../../../src/model/spec.ts';
import { parse } from '../helpers.ts';

const folder = (): string => {
  const made = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'links-')));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  for (const release of ['releases/1', 'releases/2']) {
    mkdirSync(path.join(made, release), { recursive: true });
    writeFileSync(path.join(made, release, 'server.js'), '');
    writeFileSync(path.join(made, release, 'prod.env'), `FROM=${release}\n`);
    writeFileSync(path.join(made, release, 'run.sh'), '#!/bin/sh\n', { mode: 0o755 });
  }
  symlinkSync('releases/1', path.join(made, 'current'));
  return made;
};

const switchTo = (made: string, release: string): void => {
  rmSync(path.join(made, 'current'));
  symlinkSync(release, path.join(made, 'current'));
};

const load = (made: string, app: string, file = 'ecosystem.yml'): { spec: AppSpec; loaded: Loaded } => {
  const loaded = parse(`apps: [{ name: web, ${app} }]`, { files: disk }, path.join(made, file));
  const [spec] = loaded.desired?.apps ?? [];
  if (spec === undefined) throw new Error(JSON.stringify(loaded.diagnostics));
  return { spec, loaded };
};

test('all of an app comes from where the link of its folder leads', () => {
  const made = folder();
  const { spec, loaded } = load(
    made,
    'cwd: ./current, script: ./server.js, env_file: prod.env, out_file: out.log',
  );
  const real = path.join(made, 'releases/1');
  expect(spec.process).toMatchObject({
    cwd: real,
    script: path.join(real, 'server.js'),
    env: { FROM: 'releases/1' },
    code: { id: real, from: 'link', folder: real, digest: null },
  });
  expect(spec.logs.out).toBe(path.join(real, 'out.log'));
  expect(loaded.files).toContain(path.join(made, 'current'));
  switchTo(made, 'releases/2');
  const next = load(made, 'cwd: ./current, script: ./server.js, env_file: prod.env, out_file: out.log');
  expect(next.spec.revision).not.toBe(spec.revision);
  expect(next.loaded.desired?.generation).not.toBe(loaded.desired?.generation);
});

test('the script alone may lead through one', () => {
  const made = folder();
  const { spec, loaded } = load(made, 'script: ./current/server.js');
  const real = path.join(made, 'releases/1');
  expect(spec.process.cwd).toBe(made);
  expect(spec.process.script).toBe(path.join(real, 'server.js'));
  expect(spec.process.code).toEqual({ id: real, from: 'link', folder: real, digest: null });
  expect(loaded.files).toContain(path.join(made, 'current/server.js'));
});

test('a script that is a link out of the folder', () => {
  const made = folder();
  mkdirSync(path.join(made, 'app'));
  symlinkSync('../releases/1/server.js', path.join(made, 'app/server.js'));
  const { spec } = load(made, 'cwd: ./app, script: ./server.js');
  const script = path.join(made, 'releases/1/server.js');
  expect(spec.process.code).toEqual({ id: script, from: 'link', folder: path.dirname(script), digest: null });
});

test('a program keeps the name that it is called by', () => {
  const made = folder();
  symlinkSync('run.sh', path.join(made, 'releases/1/tool'));
  const { spec } = load(made, 'script: ./current/tool, interpreter: none');
  expect(spec.process.script).toBe(path.join(made, 'releases/1/tool'));
});

test('with the ecosystem file itself below the link', () => {
  const made = folder();
  const { spec, loaded } = load(made, 'script: ./server.js', 'current/ecosystem.yml');
  const real = path.join(made, 'releases/1');
  expect(spec.process).toMatchObject({ cwd: real, code: { id: real, from: 'link' } });
  expect(loaded.desired?.file).toBe(path.join(made, 'current/ecosystem.yml'));
  switchTo(made, 'releases/2');
  const next = load(made, 'script: ./server.js', 'current/ecosystem.yml');
  expect(next.loaded.desired?.generation).not.toBe(loaded.desired?.generation);
});

test('without a link there is nothing to say', () => {
  const made = folder();
  const { spec } = load(made, 'cwd: releases/1, script: ./server.js');
  expect(spec.process.code).toBeUndefined();
});
