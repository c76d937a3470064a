/** Durations and amounts, after the schema has accepted their form. */
import { LONGEST_TIMER } from '../model/clock.ts';

const FACTORS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of `1500`, `1500ms`, `10s`, `5m`, `1h` or `1d`. */
export function milliseconds(duration: number | string): number {
  if (typeof duration === 'number') return Math.min(LONGEST_TIMER, Math.round(duration));
  const [, number = '0', unit = ''] = /^([\d.]+)\s*([a-z]*)$/.exec(duration) ?? [];
  return Math.min(LONGEST_TIMER, Math.round(Number(number) * (FACTORS[unit] ?? 1)));
}

/** A count of workers, or a share of them: `25%` of `total`, rounded by `round`. */
export function workers(amount: number | string, total: number, round: (share: number) => number): number {
  if (typeof amount === 'number') return amount;
  return amount.endsWith('%') ? round((Number(amount.slice(0, -1)) * total) / 100) : Number(amount);
}

const SIZES: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** Bytes of `300M`, `1G` or `1048576`. */
export function bytes(size: number | string): number {
  const [, number = '0', unit = ''] = /^([\d.]+)\s*([kmg]?)/i.exec(String(size)) ?? [];
  return Number(number) * (SIZES[unit.toLowerCase()] ?? 1);
}
