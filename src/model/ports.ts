/** The ports that the file gives an app. */
import type { AppSpec } from './spec.ts';

export const HIGHEST_PORT = 65_535;

/** Both included. `last` is above `first` where `increment_var` gives each worker its own. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** That of one slot; none where the file gives it none. */
export function declaredPort(spec: AppSpec, slot: number): readonly number[] {
  const ports = declaredPorts(spec);
  if (ports === null) return [];
  return [spec.process.incrementVar === 'PORT' ? ports.first + slot : ports.first];
}

/** Whether a port is one of these; null is all there are. */
export function includesPort(ports: PortRange | null, port: number): boolean {
  return ports === null || (port >= ports.first && port <= ports.last);
}

/** From `port` or `env.PORT`; null where it gives none, or lets the system choose. */
export function declaredPorts({ namesPort, process, instances }: AppSpec): PortRange | null {
  const text = process.env['PORT'];
  if (!namesPort || text === undefined || !/^\d{1,5}$/.test(text)) return null;
  const first = Number(text);
  if (first === 0) return null;
  const last = process.incrementVar === 'PORT' ? first + instances - 1 : first;
  return last > HIGHEST_PORT ? null : { first, last };
}
