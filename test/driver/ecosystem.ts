/** The first content of a seed, and apps that edits add. */
import path from 'node:path';
import type { Random } from '../soak/random.ts';
import type { App, Content, Kind } from './content.ts';
import type { Place } from './place.ts';

export const BALANCES = [null, 'shared', 'least-connections', 'kernel', 'round-robin', 'sticky'] as const;

/** Only root may start a process as another user. */
export const OF_ROOT: readonly Kind[] = process.getuid?.() === 0 ? ['nobody'] : [];

/** Where apps may listen: ports that are free, and the folder of sockets. */
export interface Addresses {
  readonly ports: readonly number[];
  readonly sockets: string;
}

export function firstContent(random: Random, place: Place, ports: readonly number[]): Content {
  const kinds: Kind[] = [
    'web',
    random.pick(['web', 'socket'] as const),
    random.pick(['forked', 'program'] as const),
  ];
  if (random.next() < 0.5) kinds.push(...OF_ROOT);
  const addresses = { ports, sockets: place.sockets };
  const apps: App[] = [];
  for (const kind of kinds) apps.push(newApp(random, kind, `${kind}${apps.length}`, addresses, apps));
  return { apps, fault: null };
}

export function newApp(
  random: Random,
  kind: Kind,
  name: string,
  { ports, sockets }: Addresses,
  others: readonly App[],
): App {
  const isCluster = kind === 'web' || kind === 'socket' || kind === 'nobody';
  const free = ports.filter((port) => !others.some((other) => other.port === port));
  return {
    name,
    kind,
    script: kind === 'program' ? 'loop.sh' : 'server.js',
    instances: isCluster || kind === 'program' ? random.between(1, 2) : 1,
    value: 0,
    mode: isCluster ? 'cluster' : 'fork',
    balance: kind === 'web' ? random.pick(BALANCES) : null,
    host: random.pick([null, null, '127.0.0.1', '0.0.0.0']),
    port: kind === 'program' || kind === 'socket' ? null : random.pick(free),
    socket: kind === 'socket' ? path.join(sockets, `${name}.sock`) : null,
    args: null,
    from: random.pick(['main', 'main', 'included']),
    envFile: random.next() < 0.25,
  };
}
