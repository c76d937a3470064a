/** What becomes of the workers that a dead supervisor left, by their app. Pure. */
import type { ObservedApp } from '../../model/observed.ts';
import { declaredPorts, includesPort } from '../../model/ports.ts';
import type { AppSpec } from '../../model/spec.ts';
import { heirs } from '../../observe/facts/successors.ts';

export type Disposition =
  /** Workers of this supervisor take their place. */
  | 'replace'
  /** The app is not there any more, but what takes its place is not ready yet. */
  | 'stay'
  /** The app is not there any more; its addresses may go to another one. */
  | 'retire'
  /** The app will want its addresses for itself. */
  | 'give-way';

type Apps = readonly ObservedApp[];

/**
 * @param ports those that it listens on
 * @param specs the apps of the file
 * @param apps those that are known
 */
export function dispositionOf(
  name: string,
  ports: readonly number[],
  specs: readonly AppSpec[],
  apps: Apps,
): Disposition {
  const spec = specs.find((candidate) => candidate.name === name);
  if (spec !== undefined) return spec.process.mode === 'cluster' ? 'replace' : 'give-way';
  const isThere = (heir: AppSpec): boolean =>
    apps.some((app) => app.name === heir.name && app.stable !== null);
  return heirs(specs, ports).every(isThere) ? 'retire' : 'stay';
}

/**
 * Whose an address is that an orphan of the app hands on: where the app of this name is to listen elsewhere now, and one
 * other app on this port, it is that one's. Left to the orphan's app, it would be waited for until that has moved, which
 * never happens where that app waits for the other one.
 */
export function ownerOf(name: string, port: number, specs: readonly AppSpec[]): string {
  const own = specs.find((spec) => spec.name === name);
  const range = own === undefined ? null : declaredPorts(own);
  if (range === null || includesPort(range, port)) return name;
  const others = specs.filter(({ instances, process }) => instances > 0 && process.mode === 'cluster');
  const naming = others.filter((spec) => {
    const ports = declaredPorts(spec);
    return ports !== null && includesPort(ports, port);
  });
  return naming.length === 1 ? (naming[0]?.name ?? name) : name;
}

/** Whether an app that the file asks for has not been there yet. */
export function isAnyArriving(specs: readonly AppSpec[], apps: Apps): boolean {
  return specs.some(({ name }) => {
    const app = apps.find((candidate) => candidate.name === name);
    if (app === undefined) return true;
    return app.stable === null && (app.rollout === null || app.rollout.state === 'progressing');
  });
}
