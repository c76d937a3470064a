/** Whether an app may be going to listen on a port, as far as its spec shows. */
import type { ObservedApp } from '../model/observed.ts';
import type { AppSpec } from '../model/spec.ts';

/** The number stands by itself in a variable or an argument: `8080`, `--port=8080`, `[8080, 8081]`. */
export function namesPort({ process }: AppSpec, port: number): boolean {
  const pattern = new RegExp(`(?<![\\d.])${port}(?![\\d.])`);
  return port > 0 && [...Object.values(process.env), ...process.args].some((text) => pattern.test(text));
}

/**
 * Whether somebody is on the way who may ask for a port that an app leaves, so that who queues there has to wait: another
 * app, forth or back, or this one itself, as long as it may have to go back from a program that has nothing to do with
 * that port.
 *
 * @param isRolling whether an app is on its way, forth or back
 */
export function isAwaited(
  app: string,
  port: number,
  apps: readonly ObservedApp[],
  isRolling: (app: string) => boolean,
): boolean {
  const isMeant = (spec: AppSpec | null): boolean =>
    spec?.process.mode === 'cluster' && namesPort(spec, port);
  return apps.some(({ name, spec, stable }) => {
    if (!isRolling(name)) return false;
    return name === app ? isMeant(stable) && !namesPort(spec, port) : isMeant(spec) || isMeant(stable);
  });
}
