import { test } from 'vitest';
import { checkSchedules, RUNS } from './property.ts';

test(`${RUNS} schedules break no rule`, { timeout: 600_000 }, () => checkSchedules(RUNS, 20_260_101));
