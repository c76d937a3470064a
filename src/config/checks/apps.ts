/** What no schema can say: settings that are right alone and wrong together, or wrong on this machine. */
import type { AppSpec } from '../../model/spec.ts';
import type { AppContext } from '../context.ts';
import type { NamedPort } from '../metrics.ts';
import type { ParseOptions } from '../options.ts';
import type { Problems } from '../problems.ts';
import { checkCanary } from './canary.ts';
import { checkCron } from './cron.ts';
import { checkDependencies } from './dependencies.ts';
import { checkEffects } from './effects.ts';
import { checkEngines } from './engines.ts';
import { checkMemory } from './memory.ts';
import { checkPorts } from './ports.ts';
import { checkRestarts } from './restarts.ts';
import { checkSecrets } from './secrets.ts';
import { checkTimeouts } from './timeouts.ts';

/** One app as it is written and as it is understood. */
export interface CheckedApp {
  readonly context: AppContext;
  readonly spec: AppSpec;
}

const ONE: readonly ((app: CheckedApp) => void)[] = [
  checkCanary,
  checkCron,
  checkEffects,
  checkRestarts,
  checkSecrets,
  checkTimeouts,
];

export function checkApps(
  apps: readonly CheckedApp[],
  metrics: NamedPort | null,
  options: ParseOptions,
  problems: Problems,
): void {
  for (const app of apps) for (const check of ONE) check(app);
  checkDependencies(apps, problems);
  checkEngines(apps);
  checkMemory(apps, options.memory, problems);
  checkPorts(apps, metrics, problems);
}
