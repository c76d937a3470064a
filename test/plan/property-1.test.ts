import { test } from 'vitest';
import { checkSchedules } from './property.ts';

test('five thousand schedules break no rule', { timeout: 240_000 }, () => checkSchedules(5_000, 20_260_101));
