import { test } from 'vitest';
import { checkSchedules } from './property.ts';

// A file of its own, so that both cores have something to do.
test('five thousand other schedules break no rule', { timeout: 240_000 }, () => checkSchedules(5_000, 8_086));
