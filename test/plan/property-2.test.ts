import { test } from 'vitest';
import { checkSchedules, RUNS } from './property.ts';

// A file of its own, so that both cores have something to do.
test(`${RUNS} other schedules break no rule`, { timeout: 600_000 }, () => checkSchedules(RUNS, 8_086));
