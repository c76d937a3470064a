/** What the file says beside its apps: where metrics are served, and what becomes of orphans. */
import type { MetricsSpec } from '../../model/spec.ts';
import { milliseconds } from '../../shared/units.ts';
import type { Span } from '../diagnostics/positions.ts';
import { descend, entryOf, spanOf, toPlain, type Mapping } from '../read/nodes.ts';

/** A port with where it is written. */
export interface NamedPort {
  readonly port: number;
  readonly span: Span;
}

/** Only this machine can reach it. */
const LOOPBACK = '127.0.0.1';

/** @param root of the ecosystem file, checked; null where it has none */
export function metricsSpec(root: Mapping | null): MetricsSpec | null {
  const value = root === null ? undefined : entryOf(root, 'metrics')?.value;
  if (value === undefined) return null;
  const written = toPlain(value);
  if (written === true) return { port: null, host: LOOPBACK };
  if (typeof written !== 'object' || written === null) return null;
  const { port, host } = written as { readonly port?: number | string; readonly host?: string };
  return { port: port === undefined ? null : Number(port), host: host ?? LOOPBACK };
}

/** The port that `metrics` names; null where it names none, or leaves the choice to the system. */
export function metricsPort(root: Mapping | null): NamedPort | null {
  const port = metricsSpec(root)?.port ?? null;
  const { entry } = root === null ? { entry: null } : descend(root, ['metrics', 'port']);
  return port === null || port === 0 || entry === null ? null : { port, span: spanOf(entry) };
}

/**
 * How long workers serve on when their supervisor has died, in ms.
 *
 * @param root of the ecosystem file, checked; null where it has none
 */
export function orphanTimeoutOf(root: Mapping | null): number {
  const value = root === null ? undefined : entryOf(root, 'orphan_timeout')?.value;
  const written = value === undefined ? undefined : toPlain(value);
  return milliseconds(typeof written === 'number' || typeof written === 'string' ? written : '10m');
}
