/** What must hold of a machine on which all is said to be as the file asks. */
import type { Desired } from '../../src/model/spec.ts';
import { isChecked } from './health.ts';
import { commitIn } from './repositories.ts';
import type { Started } from './started.ts';
import type { Life, World } from './supervisor-life.ts';

/** What was said to be converged is. What has ended and was not told yet counts: nobody can know. */
export function checkConverged({ workers }: World, life: Life, { apps }: Desired): void {
  const there = workers.filter(
    (one) => one.parent === life && !one.isReaped && !one.isDraining && !life.outgoing.has(one.launch.id),
  );
  for (const { name, revision, instances } of apps) {
    const own = there.filter(({ launch }) => launch.spec.name === name);
    const wanted = own.filter(({ launch }) => launch.spec.revision === revision);
    const slots = new Set(wanted.map(({ launch }) => launch.slot));
    if (slots.size !== instances || own.length !== wanted.length)
      throw new Error(`said to be converged, but ${name} runs ${own.map(whatOf).join(', ')}`);
  }
  const names = new Set(apps.map(({ name }) => name));
  const stray = there.find(({ launch }) => !names.has(launch.spec.name));
  if (stray !== undefined) throw new Error(`said to be converged, but ${whatOf(stray)} runs`);
}

/** With nothing bad happening any more, all is as the file asks, and nothing else is left. */
export function checkEnd(world: World, life: Life | null): void {
  const { desired = null } = life ?? {};
  if (life === null || desired === null || !isOf(desired, world))
    throw new Error('at the end, the file is not applied');
  checkConverged(world, life, desired);
  if ((desired.preparations?.size ?? 0) > 0) throw new Error('at the end, a release is missing');
  const { apps } = world.file.desired;
  if (desired.apps.length !== apps.length) throw new Error('at the end, not all of the file is asked for');
  const behind = desired.apps.find(
    (spec) => spec.source?.poll != null && commitIn(spec) < world.repositories.commitOf(spec.source),
  );
  if (behind !== undefined) throw new Error(`at the end, ${behind.name} does not run what its branch has`);
  const { machine, workers } = world;
  const living = workers.filter(({ process }) => process.isAlive);
  const count = desired.apps.reduce((sum, { instances }) => sum + instances, 0);
  if (living.length !== count)
    throw new Error(`at the end, ${count} are wanted and there are ${living.map(whatOf).join(', ')}`);
  const sick = living.find((one) => isChecked(one) && one.sickSince !== null);
  if (sick !== undefined) throw new Error(`at the end, ${whatOf(sick)} fails its health check`);
  const ports = new Set(
    desired.apps.filter(({ instances }) => instances > 0).map(({ process }) => process.env['PORT']),
  );
  for (const { query, queue } of machine.sockets) {
    if (!ports.has(String(query.port))) throw new Error(`at the end, port ${query.port} is open`);
    if (queue.length > 0) throw new Error(`at the end, clients of port ${query.port} wait`);
  }
  for (const port of ports)
    if (!machine.isOpen(Number(port))) throw new Error(`at the end, port ${port ?? ''} is not open`);
}

function isOf({ generation }: Desired, { file }: World): boolean {
  return generation === file.desired.generation || generation.startsWith(`${file.desired.generation} `);
}

function whatOf({ process, isDraining }: Started): string {
  return `${process.what}${isDraining ? ' (draining)' : ''}`;
}
