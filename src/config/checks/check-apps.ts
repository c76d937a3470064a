/** What no schema can say: settings that are right alone and wrong together, or wrong on this machine. */
import type { CheckedApp } from '../resolve/context.ts';
import type { NamedPort } from '../resolve/root-settings.ts';
import type { ParseOptions } from '../read/options.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { checkCanary } from './canary-size.ts';
import { checkCron } from './cron-lines.ts';
import { checkDependencies } from './dependency-order.ts';
import { checkEffects } from './without-effect.ts';
import { checkEngines } from './engines.ts';
import { checkMemory } from './memory-limits.ts';
import { checkPorts } from './port-clashes.ts';
import { checkRestarts, checkTimeouts } from './timeouts.ts';
import { checkSecrets } from './written-secrets.ts';

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
