/** The ecosystem under soak: what is wanted of it, and the file that says so. */
import { freePort } from '../e2e/support/ports.ts';

export interface Ports {
  readonly steady: number;
  readonly fragile: number;
  readonly single: number;
  readonly chatty: number;
  readonly extra: number;
}

export interface Wanted {
  /** Changes with each edit, so that workers are replaced. */
  readonly version: number;
  /** How many workers of `steady`. */
  readonly steady: number;
  /** Whether the version of `steady` works. */
  readonly sound: boolean;
  /** Whether there is one app more. */
  readonly extra: boolean;
}

export const HOME: Omit<Wanted, 'version'> = { steady: 3, sound: true, extra: false };

export async function somePorts(): Promise<Ports> {
  return {
    steady: await freePort(),
    fragile: await freePort(),
    single: await freePort(),
    chatty: await freePort(),
    extra: await freePort(),
  };
}

/** Apps by name with the number of workers that each must have. */
export function counts({ steady, extra }: Wanted): ReadonlyMap<string, number> {
  return new Map([
    ['steady', steady],
    ['fragile', 2],
    ['single', 1],
    ['chatty', 2],
    ['tree', 2],
    ...(extra ? [['extra', 1] as const] : []),
  ]);
}

export function text({ version, steady, sound, extra }: Wanted, ports: Ports): string {
  const edited = `v${version}`;
  const rotation = 'out_file: logs/out.log, log_rotation: { max_size: 300K, keep: 3 }';
  return [
    '# Written by the soak test.',
    'apps:',
    server('steady', steady, ports.steady, edited, `script: ${sound ? './server.js' : './broken.js'}`),
    // No edit touches these, so they keep their processes through all of them.
    server('fragile', 2, ports.fragile, 'still'),
    server('single', 1, ports.single, 'still'),
    server('chatty', 2, ports.chatty, 'still', `script: ./server.js, ${rotation}`),
    '  - { name: tree, script: ./tree.sh, exec_mode: fork, instances: 2 }',
    ...(extra ? [server('extra', 1, ports.extra, edited)] : []),
    '',
  ].join('\n');
}

function server(
  name: string,
  instances: number,
  port: number,
  value: string,
  more = 'script: ./server.js',
): string {
  return `  - { name: ${name}, instances: ${instances}, env: { PORT: ${port}, VALUE: ${value} }, ${more} }`;
}
