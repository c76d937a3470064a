/** A plan as text, one step a line, for logs and tests. */
import type { Plan, Step } from '../model/step.ts';

/** `web: start b2 in slot 0 — env.PORT changed (line 8)`. */
export function formatStep(step: Step): string {
  return `${step.app}: ${action(step)} — ${step.cause}`;
}

/** Every step and, last, when to plan again. */
export function formatPlan(plan: Plan): string {
  const wake = plan.wakeAt === null ? 'no wake-up' : `wake up at ${plan.wakeAt}`;
  return [...plan.steps.map(formatStep), wake].join('\n');
}

function action(step: Step): string {
  switch (step.kind) {
    case 'begin':
      return step.from === null ? `begin ${step.to}` : `begin ${step.to} from ${step.from}`;
    case 'start':
      return `start ${step.revision} in slot ${step.slot}`;
    case 'hold':
    case 'resume':
      return `${step.kind} ${step.revision}`;
    case 'complete':
      return `complete ${step.revision}`;
    case 'fail':
      return `fail ${step.revision}, ${step.outcome}`;
    case 'leave':
    case 'remove':
      return step.kind;
    case 'ready':
    case 'drain':
    case 'stop':
    case 'kill':
      return `${step.kind} worker ${step.worker}`;
  }
}
