/** By which `plan` and `up --plan-id` know that they are about the same. */
import { createHash } from 'node:crypto';
import type { Desired } from '../model/spec.ts';

/** The name of a plan for a file that nothing runs yet. */
export function planIdOf(generation: string): string {
  return createHash('sha256').update(generation).digest('hex').slice(0, 8);
}

/** Whether what nothing runs yet is what the plan was about; without a plan it is. */
export function holds(planId: string | undefined, { generation }: Desired): boolean {
  return planId === undefined || planId === planIdOf(generation);
}

export function noLongerHolds(planId = ''): string {
  return `plan ${planId} no longer holds: the file has changed since; look at a new plan`;
}
