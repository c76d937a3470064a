/** `cluster-up releases APP`: which releases of its `source` there are. */
import type { ReleaseView } from '../model/release-view.ts';
import { jsonText } from './printable.ts';
import { age } from './render-state.ts';
import { withSupervisor, type RemoteFlags } from './remote.ts';
import { table } from './table.ts';

export function listReleases(app: string, flags: RemoteFlags & { readonly json: boolean }): Promise<number> {
  return withSupervisor(flags, async (client) => {
    const { releases: found } = await client.call('releases', { app });
    const text = found.length === 0 ? 'no release yet' : renderReleases(found, Date.now());
    process.stdout.write(flags.json ? `${jsonText(found, 2)}\n` : `${text}\n`);
    return 0;
  });
}

/** @param now in ms since the epoch */
export function renderReleases(found: readonly ReleaseView[], now: number): string {
  const columns = [{ title: 'Release' }, { title: 'id' }, { title: 'prepared' }, { title: '' }];
  const rows = found.map(({ id, label, preparedAt, runs, stable }) => [
    label ?? '-',
    id,
    `${age(now - Date.parse(preparedAt))} ago`,
    [runs ? 'runs' : '', stable ? 'stable' : ''].filter((text) => text !== '').join(', '),
  ]);
  return table(columns, rows, process.stdout.columns || Infinity);
}
