/** By which `plan` and `up --plan-id` know that they are about the same. */
import type { Desired } from '../model/spec.ts';
import { foresee, type Foreseen } from '../releases/foresee.ts';
import { Releases } from '../releases/releases.ts';
import { releasesFolder } from '../releases/root-folder.ts';
import { sha256 } from '../shared/revision.ts';
import { codeOnDisk, contentOf, identified } from '../supervisor/code-now.ts';

/** The name of a plan for a file that nothing runs yet. */
export function planIdOf(desired: Desired): string {
  return sha256(contentOf(desired)).slice(0, 8);
}

/** Whether what nothing runs yet is what the plan was about; without a plan it is. */
export async function holds(planId: string | undefined, desired: Desired): Promise<boolean> {
  return planId === undefined || planId === planIdOf((await ofCodeNow(desired)).desired);
}

/** As it would be run now. */
export async function ofCodeNow(file: Desired): Promise<Foreseen> {
  const releases = new Releases({ root: releasesFolder(file.file), env: process.env, now: Date.now });
  const { desired, about } = await foresee(file, releases);
  return { desired: await identified(desired, codeOnDisk()), about };
}

export function noLongerHolds(planId = ''): string {
  return `plan ${planId} no longer holds: the file or the code has changed since; look at a new plan`;
}
