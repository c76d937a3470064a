/** Checks of what comes from outside: each says whether a value is what it has to be, and throws for none. */
export type Check = (value: unknown) => boolean;

/** Of C's int, in which the kernel counts processes and waiting connections. */
export const LARGEST_INT: number = 2 ** 31 - 1;

export const isFlag: Check = (value) => typeof value === 'boolean';

/** A whole number within bounds, both included. */
export const isWhole =
  (least: number, most: number = Number.MAX_SAFE_INTEGER): Check =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= least && Number(value) <= most;

/** A number from 0 on; JSON knows neither NaN nor infinity. */
export const isAmount: Check = (value) =>
  typeof value === 'number' && value >= 0 && value <= Number.MAX_SAFE_INTEGER;

/** Text of so many UTF-16 units at most. */
export const isText =
  (longest: number, pattern?: RegExp): Check =>
  (value) =>
    typeof value === 'string' && value.length <= longest && (pattern?.test(value) ?? true);

export const isOneOf =
  (...values: readonly unknown[]): Check =>
  (value) =>
    values.includes(value);

export const isEither =
  (...checks: readonly Check[]): Check =>
  (value) =>
    checks.some((check) => check(value));

export const isNullOr = (check: Check): Check => isEither(isOneOf(null), check);

export const isMissingOr = (check: Check): Check => isEither(isOneOf(undefined), check);

export const isList =
  (check: Check, longest: number): Check =>
  (value) =>
    Array.isArray(value) && value.length <= longest && value.every(check);

/** An object with these keys and no other; one that `isMissingOr` allows may be missing. */
export const isObject =
  (checks: Readonly<Record<string, Check>>): Check =>
  (value) =>
    isRecord(value) &&
    Object.keys(value).every((key) => Object.hasOwn(checks, key)) &&
    Object.entries(checks).every(([key, check]) => check(Object.hasOwn(value, key) ? value[key] : undefined));

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
