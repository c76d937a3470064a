/** Which apps of an edit take the place of one that leaves the file by it. */
import type { ObservedApp } from '../../model/observed.ts';
import { declaredPorts, includesPort } from '../../model/ports.ts';
import type { AppSpec, Desired, ProcessSpec } from '../../model/spec.ts';

/** By what an app takes the place of one that leaves; of several, only those with the strongest count. */
const CLAIMS = ['port', 'awaited', 'program', 'possible'] as const;
type Claim = (typeof CLAIMS)[number] | 'none';

/**
 * Their names, in the file's order. Whom it stays for already, it goes on staying for as long as that is in the file and
 * may still take its place, unless another one names its port: an edit about other apps changes nothing.
 *
 * @param apps as they were before the edit, by name
 */
export function successorsOf(
  app: ObservedApp,
  desired: Desired,
  apps: ReadonlyMap<string, ObservedApp>,
): string[] {
  const mayStay = app.staysFor === null ? hasSomethingToLose(app) : app.staysFor.length > 0;
  if (!mayStay) return [];
  const claims = desired.apps
    .filter((spec) => isToServe(spec))
    .map((spec) => {
      if (app.staysFor?.includes(spec.name) !== true)
        return { name: spec.name, claim: claimOf(spec, apps.get(spec.name), app) };
      const claim = claimOf(spec, undefined, app);
      return { name: spec.name, claim: claim === 'program' || claim === 'possible' ? 'awaited' : claim };
    });
  const strongest = CLAIMS.find((claim) => claims.some((other) => other.claim === claim));
  return claims.filter(({ claim }) => claim === strongest).map(({ name }) => name);
}

/** Whether it has listened, so that somebody may miss it, and still can. Of a program nobody sees whether it listens. */
function hasSomethingToLose({ spec, stable, listens, workers }: ObservedApp): boolean {
  const isKnown = stable !== null || workers.some(({ status }) => status === 'online');
  const { process, restart } = stable ?? spec;
  const mayListen = process.mode === 'fork' && restart.auto;
  return (
    isKnown && spec.instances > 0 && (mayListen || listens || workers.some((w) => w.listeningAt !== null))
  );
}

/** One that was stopped by hand may be started by hand. */
function isToServe({ instances, because }: AppSpec): boolean {
  return instances > 0 || because?.instances !== undefined;
}

/**
 * Whether an app takes the place of one that leaves: on its port, or as the same program where no ports are known.
 * Nobody knows before where an app listens that names no port. One that was there before takes a place only by a
 * change that names the port, of this edit or of one that is still under way.
 *
 * @param before as it was before this edit; undefined if it is new.
 */
function claimOf(spec: AppSpec, before: ObservedApp | undefined, leaver: ObservedApp): Claim {
  const isOld = before?.staysFor === null;
  if (isOld && before.stable?.revision === spec.revision) return 'none';
  const old = leaver.stable ?? leaver.spec;
  const isForked = [spec, old].some(({ process }) => process.mode === 'fork');
  // It would have to end, and there is nothing to bring back.
  if (isForked && leaver.stable === null) return 'none';
  const [own, taken] = [declaredPorts(spec), portsOf(leaver)];
  // Of one in fork mode nobody sees where it listens; one in cluster mode without a port has a socket in a file.
  if (own !== null && (taken.length > 0 || old.process.mode === 'cluster'))
    return taken.some((port) => includesPort(own, port)) ? 'port' : 'none';
  if (isOld) return 'none';
  if (isSameProgram(spec.process, old.process)) return 'program';
  // Of a program that says nothing of ports nobody knows whether it listens at all.
  return own !== null || isForked ? 'none' : 'possible';
}

/** What a script is told by its arguments tells programs in fork mode apart, where `script` may be any interpreter. */
function isSameProgram(a: ProcessSpec, b: ProcessSpec): boolean {
  if (a.script !== b.script || a.cwd !== b.cwd) return false;
  const isCluster = a.mode === 'cluster' && b.mode === 'cluster';
  return isCluster || a.args.join('\0') === b.args.join('\0');
}

/** Where it listens, or is meant to. */
function portsOf({ workers, stable, spec }: ObservedApp): number[] {
  const declared = declaredPorts(stable ?? spec);
  const range =
    declared === null
      ? []
      : Array.from({ length: declared.last - declared.first + 1 }, (_, i) => declared.first + i);
  return [...range, ...workers.flatMap((worker) => worker.ports)];
}

/** Of an app of which only its ports are known: those that name one of them, else those that name none and may want one. */
export function heirs(specs: readonly AppSpec[], ports: readonly number[]): AppSpec[] {
  const able = specs.filter(({ instances, process }) => instances > 0 && process.mode === 'cluster');
  const sure = able.filter((spec) => {
    const range = declaredPorts(spec);
    return range !== null && ports.some((port) => port >= range.first && port <= range.last);
  });
  return sure.length > 0 ? sure : able.filter((spec) => declaredPorts(spec) === null);
}
