import { expect, test } from 'vitest';
import type { ObservedApp } from '../../src/model/observed.ts';
import { Addresses } from '../../src/supervisor/addresses.ts';
import { spec } from '../plan/build.ts';

/** With a worker of each of these revisions. */
function app(revisions: readonly string[], stable: string | null): ObservedApp {
  const workers = revisions.map((revision) => ({ revision }));
  const observed = { name: 'web', workers, stable: stable === null ? null : spec({ revision: stable }) };
  return observed as unknown as ObservedApp;
}

class Scene {
  readonly addresses: Addresses = new Addresses();
  listens(revision: string, address: string): this {
    this.addresses.noticed({ type: 'listening', app: 'web', slot: 0, revision, address }, []);
    return this;
  }
  begins(to: string, before: ObservedApp): this {
    const step = { kind: 'begin', app: 'web', cause: '', from: null, to } as const;
    this.addresses.noticed({ type: 'step', step, slot: null, pid: null }, [before]);
    return this;
  }
}

test('a revision that is rolled back leaves those of the stable one', () => {
  const scene = new Scene().listens('a', '[::]:80').begins('b', app(['a', 'a'], 'a'));
  expect(scene.addresses.of(app(['a', 'a'], 'a'))).toEqual(['[::]:80']);
  scene.listens('b', '[::]:81');
  expect(scene.addresses.of(app(['a', 'b'], 'a'))).toEqual(['[::]:80', '[::]:81']);
  expect(scene.addresses.of(app(['a', 'a'], 'a'))).toEqual(['[::]:80']);
});

test('what a completed revision no longer listens on is gone', () => {
  const scene = new Scene()
    .listens('a', '[::]:80')
    .begins('b', app(['a'], 'a'))
    .listens('b', '[::]:81');
  expect(scene.addresses.of(app(['b'], 'b'))).toEqual(['[::]:81']);
  // Nothing is known any more of the one before.
  scene.begins('c', app(['b'], 'b'));
  expect(scene.addresses.of(app(['a'], 'b'))).toEqual([]);
});

test('an app whose workers have all crashed is still listened for, at the same addresses', () => {
  expect(new Scene().listens('a', '[::]:80').addresses.of(app([], 'a'))).toEqual(['[::]:80']);
  expect(new Scene().addresses.of(app([], null))).toEqual([]);
});

test('no more are remembered than an app may have', () => {
  const scene = new Scene();
  for (let port = 1; port <= 300; port += 1) scene.listens('a', `[::]:${port}`);
  expect(scene.addresses.of(app(['a'], 'a'))).toHaveLength(256);
});

test('an app that has gone is forgotten', () => {
  const scene = new Scene().listens('a', '[::]:80');
  const step = { kind: 'remove', app: 'web', cause: '' } as const;
  scene.addresses.noticed({ type: 'step', step, slot: null, pid: null }, []);
  expect(scene.addresses.of(app(['a'], 'a'))).toEqual([]);
});
