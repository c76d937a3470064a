/** Who may go on accepting, and which slot a client belongs to. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { preferred } from '../../src/sockets/rendezvous-hash.ts';
import { limitOf } from '../../src/sockets/shares.ts';

describe('the limit under least-connections', () => {
  test.each([
    [[], null],
    [[100], null],
    [[0, 100], 12],
    [[40, 50], 48],
    [[0, 100, 100, 100], 117],
    [[0, 0, 0, 0, 100, 100, 100, 100], 12],
    [[100, 90, 80, 70, 60, 50, 40, 30], 48],
  ])('of %j is %j', (open, limit) => expect(limitOf(open)).toBe(limit));

  test('a quarter of the workers, and never none, is not above it', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(2000), { minLength: 1, maxLength: 64 }), (open) => {
        const limit = limitOf(open);
        const accepting = open.filter((n) => limit === null || n <= limit).length;
        expect(accepting).toBeGreaterThanOrEqual(Math.max(1, open.length / 4));
      }),
    );
  });
});

describe('rendezvous hashing', () => {
  const clients = Array.from({ length: 4000 }, (_, i) => `10.0.${i >> 8}.${i & 255}`);
  const slots = [0, 1, 2, 3, 4, 5, 6, 7];

  test('no slot, no preference', () => expect(preferred('127.0.0.1', [])).toBeNull());

  test('spreads addresses evenly', () => {
    const counts = new Map<number | null, number>();
    for (const client of clients) {
      const slot = preferred(client, slots);
      counts.set(slot, (counts.get(slot) ?? 0) + 1);
    }
    for (const slot of slots) expect(counts.get(slot)).toBeGreaterThan(400);
    for (const slot of slots) expect(counts.get(slot)).toBeLessThan(600);
  });

  test('a slot that is missing moves its own clients only, and they go to all the others', () => {
    const rest = slots.filter((slot) => slot !== 3);
    const heirs = new Set<number | null>();
    for (const client of clients) {
      const before = preferred(client, slots);
      if (before === 3) heirs.add(preferred(client, rest));
      else expect(preferred(client, rest)).toBe(before);
    }
    expect(heirs.size).toBe(7);
  });
});
