/** What would run of a file if its sources were fetched now: for a plan, before anything is. */
import type { Prediction } from '../model/prediction.ts';
import { codeOfRelease } from '../model/code.ts';
import { NOWHERE, type SourceSpec } from '../model/source.ts';
import type { AppSpec, Desired, ProcessSpec } from '../model/spec.ts';
import { messageOf } from '../model/text.ts';
import { withProcess } from '../shared/revision.ts';
import { releaseText } from './known-release.ts';
import { ReleaseError } from './release-error.ts';
import type { Revised } from './release.ts';
import type { Releases } from './releases.ts';

export interface Foreseen {
  readonly desired: Desired;
  /** By app: what is to be said besides; missing where it has no source. */
  readonly about: ReadonlyMap<string, About>;
}

interface About {
  /** What has to be done first, or why nobody knows what will run; null where there is nothing to say. */
  readonly note: string | null;
  /** What people call releases, by id. */
  readonly names: ReadonlyMap<string, string>;
}

/** Asks whoever has the sources. */
export async function foresee(
  desired: Desired,
  releases: Pick<Releases, 'resolve' | 'list' | 'folderFor'>,
): Promise<Foreseen> {
  const about = new Map<string, About>();
  const apps = desired.apps.map(async (spec) => {
    if (spec.source === undefined) return spec;
    const known = releases.list(spec.source);
    const names = new Map(known.map((release) => [release.id, releaseText(release)]));
    try {
      const asked = await releases.resolve(spec.source);
      names.set(asked.id, releaseText(asked));
      const isThere = known.some(({ version }) => version === asked.version);
      about.set(spec.name, { names, note: isThere ? null : todo(spec.source, asked) });
      return inRelease(spec, asked, releases.folderFor(spec.source, asked.id));
    } catch (error) {
      if (!(error instanceof ReleaseError)) throw error;
      about.set(spec.name, { names, note: `which release would run is not known: ${messageOf(error)}` });
      return spec;
    }
  });
  return { desired: { ...desired, apps: await Promise.all(apps) }, about };
}

/** The same predictions, in which releases are called what people call them. */
export function withReleaseNames(
  predictions: readonly Prediction[],
  about: Foreseen['about'],
): readonly Prediction[] {
  return predictions.map((prediction) => {
    const { note = null, names } = about.get(prediction.app) ?? {};
    if (names === undefined) return prediction;
    const changes = prediction.changes.map((change) => {
      if (change.path !== 'code' || change.values === undefined) return change;
      const { from, to } = change.values;
      return { ...change, values: { from: names.get(from) ?? from, to: names.get(to) ?? to } };
    });
    const notes = [prediction.note, note].filter((text) => text !== undefined && text !== null);
    return { ...prediction, changes, ...(notes.length === 0 ? {} : { note: notes.join('; ') }) };
  });
}

function todo({ build }: SourceSpec, asked: Revised): string {
  return `release ${releaseText(asked)} is fetched${build.length === 0 ? '' : ' and built'} first`;
}

/** All but what only the files in it can say, such as an `env_file`. */
function inRelease({ unprepared: _, ...spec }: AppSpec, { id }: Revised, folder: string): AppSpec {
  const { code } = spec.process;
  if (code?.id === id && code.folder === folder) return spec;
  const from = code?.from === 'source' ? code.folder : NOWHERE;
  const moved = JSON.stringify(spec.process).replaceAll(inJson(from), inJson(folder));
  return withProcess(spec, { ...(JSON.parse(moved) as ProcessSpec), code: codeOfRelease(id, folder) });
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}
