/** How long workers serve on when their supervisor has died. */
import { entryOf, toPlain, type Mapping } from '../read/nodes.ts';
import { milliseconds } from '../../shared/units.ts';

/**
 * In ms.
 *
 * @param root of the ecosystem file, checked; null where it has none
 */
export function orphanTimeoutOf(root: Mapping | null): number {
  const value = root === null ? undefined : entryOf(root, 'orphan_timeout')?.value;
  const written = value === undefined ? undefined : toPlain(value);
  return milliseconds(typeof written === 'number' || typeof written === 'string' ? written : '10m');
}
