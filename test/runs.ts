/** How much of the long tests is run: `npm run check` is to answer soon, `npm test` is to have tried much. */

/** How often a generated test is run, or of what size it is: `many` times in `npm run test:long`. */
export function runs(few: number, many: number): number {
  return process.env['LONG_RUNS'] === undefined ? few : many;
}
