import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { waitFor } from '../../src/cli/apply.ts';
import { Gone, type Client } from '../../src/control/client.ts';
import type { Outcome } from '../../src/model/control.ts';

let printed = '';
beforeEach(() => {
  printed = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => Boolean((printed += String(text))));
});
afterEach(() => vi.restoreAllMocks());

/** A supervisor that ends up like this; `error` is why it rejected the file, undefined where it has gone by then. */
function supervisor(outcome: Outcome, error: string | null | undefined): Client {
  const call = (op: string): Promise<unknown> => {
    if (op === 'wait') return Promise.resolve(outcome);
    if (error === undefined) return Promise.reject(new Gone());
    return Promise.resolve({ ecosystem: '/srv/shop.yml', config: { state: 'applied', error }, apps: [] });
  };
  return { call } as unknown as Client;
}

const done: Outcome = { converged: true, problems: [] };

test('converged is said where the file is applied', async () => {
  expect(await waitFor(supervisor(done, null))).toBe(0);
  expect(printed).toBe('cluster-up: converged\n');
});

test('not where it was rejected: what runs is what it asked for before', async () => {
  expect(await waitFor(supervisor(done, 'apps.web: unknown key\nshop.yml:3'))).toBe(0);
  expect(printed).toBe(
    'cluster-up: done, but not all is as the file asks:\n  shop.yml was rejected: apps.web: unknown key\n  shop.yml:3\n',
  );
});

test('a supervisor that ends just then has converged before', async () => {
  expect(await waitFor(supervisor(done, undefined))).toBe(0);
  expect(printed).toBe('cluster-up: converged\n');
});
