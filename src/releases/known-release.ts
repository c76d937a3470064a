/** Which of the releases that are there a source leads to, as far as can be said without asking anybody. Pure. */
import type { SourceSpec } from '../model/source.ts';
import { isCommit } from '../shared/source-address.ts';
import type { Release, Revised } from './release.ts';

/** Whatever happens, it leads to the same bytes. */
export function isFixed({ origin }: SourceSpec): boolean {
  if (origin.kind === 'archive') return true;
  return origin.kind === 'git' && isCommit(origin.ref);
}

/** @param releases the newest first */
export function newestOf({ origin }: SourceSpec, releases: readonly Release[]): Release | null {
  const fits = ({ version, label }: Release): boolean => {
    if (origin.kind === 'archive') return version === origin.sha256;
    if (origin.kind === 'folder' || origin.ref === null) return true;
    const { ref } = origin;
    if (/^[\da-f]{7,40}$/i.test(ref) && version.startsWith(ref.toLowerCase())) return true;
    return label === ref.replace(/^refs\/(heads|tags)\//, '');
  };
  return releases.find(fits) ?? null;
}

/** `v1.4.2 (9be1d3aa)`, for people. */
export function releaseText({ id, label }: Pick<Revised, 'id' | 'label'>): string {
  return label === null ? id : `${label} (${id})`;
}
