/** Which code each app has now, for those who begin a rollout, and for those who ask. */
import type { Loaded } from '../config/load-ecosystem.ts';
import { identityOfOpen } from '../files/stamp.ts';
import type { AppSpec, Desired } from '../model/spec.ts';
import { Identities, type Identity } from '../releases/code-identity.ts';
import { usualFolders } from '../control/paths.ts';
import { ownFiles } from '../releases/code-files.ts';
import { withCodeOf } from '../releases/with-code.ts';
import { withDesired } from './load.ts';

/** By app. @param own files that cluster-up reads itself @throws where files cannot be looked at */
export type LookAtCode = (
  specs: readonly AppSpec[],
  own: readonly string[],
) => Promise<ReadonlyMap<string, Identity>>;

/** Looks by itself; what has not changed since is not read again. */
export function codeOnDisk(): LookAtCode {
  // `cluster-up > out.txt` in the folder of the app.
  const output = [1, 2].flatMap((fd) => identityOfOpen(fd) ?? []);
  const identities = new Identities(undefined, new Set(output));
  // What is kept of supervisors is no code, wherever it is.
  return (specs, own) => identities.of(specs, [...own, ...usualFolders().map((folder) => `${folder}/`)]);
}

/** Differs with the content of what was read and with that of the code: what a plan is about. */
export function contentOf({ generation, apps }: Desired): string {
  return [generation, ...apps.map(({ process }) => process.code?.digest ?? '')].join(' ');
}

/** What is asked for, of the code that is there now. */
export async function identified(desired: Desired, look: LookAtCode): Promise<Desired> {
  // Of a release that is not there, there is nothing to look at.
  const there = desired.apps.filter(({ unprepared }) => unprepared !== true);
  const now = await look(there, ownFiles(desired));
  return { ...desired, apps: desired.apps.map((spec) => withCodeOf(spec, now)) };
}

/** The same of what was loaded. */
export async function identifiedLoaded(loaded: Loaded, look: LookAtCode): Promise<Loaded> {
  if (loaded.desired === null) return loaded;
  return withDesired(loaded, await identified(loaded.desired, look));
}
