/** Whether a worker can have the address that it asks for now. Pure. */
import { letsOthersIn, nameOf, overlap, sameQuery } from './address.ts';
import { isIdle, type Held } from './held-socket.ts';
import type { Request } from './waiting-requests.ts';

export type Verdict =
  /** `take` comes from other apps, with what queues there; nobody needs `close` any more. */
  | { readonly kind: 'free'; readonly take: readonly Held[]; readonly close: readonly Held[] }
  /** Until the workers that listen on these have let go of them. */
  | { readonly kind: 'waits'; readonly on: readonly Held[] }
  /** EADDRINUSE; `reason` is one sentence, null where the app's own error says it all. */
  | { readonly kind: 'refused'; readonly reason: string | null };

/** What has to be known of apps. */
export interface Apps {
  /** Whether it is still in the ecosystem file; one that has left it yields its address to another app. */
  readonly isWanted: (app: string) => boolean;
  /** Whether it has left and stays until what takes its place is ready: until then both have its addresses. */
  readonly isStaying: (app: string) => boolean;
  /** Whether it is on its way to another revision, which may not want all of its addresses any more. */
  readonly isRolling: (app: string) => boolean;
  /** The apps without which its rollout is not done, as they have what it needs. */
  readonly needs: (app: string) => readonly string[];
}

type Place = 'take' | 'close' | 'wait' | { readonly reason: string | null };

/** @param canReuse whether two sockets can be bound to one port */
export function verdictOn(request: Request, all: readonly Held[], apps: Apps, canReuse: boolean): Verdict {
  const { app } = request.listener;
  // What others have there they have beside it: with its leave, as it stays for them.
  const isHad = all.some((held) => held.app === app && sameQuery(held.query, request.query));
  const found = { take: [] as Held[], close: [] as Held[], wait: [] as Held[] };
  for (const held of all) {
    const isOwn = isShared(held, app, apps);
    if ((isHad && !isOwn) || !isInTheWay(held, request, isOwn, canReuse)) continue;
    const place = isOwn ? ownPlace(held, request) : placeOfOther(held, request, apps);
    if (typeof place === 'object') return { kind: 'refused', reason: place.reason };
    found[place].push(held);
  }
  const { take, close, wait } = found;
  return wait.length > 0 ? { kind: 'waits', on: wait } : { kind: 'free', take, close };
}

/**
 * Whether it is the app's own, or that of one that stays for it: of two that might, whoever listens first has it, also
 * once the one that stayed leaves.
 */
export function isShared(
  held: Pick<Held, 'app' | 'successor'>,
  app: string,
  apps: Pick<Apps, 'isStaying' | 'isWanted'>,
): boolean {
  if (held.successor === null && apps.isStaying(held.app)) return true;
  return held.app === app || ownerOf(held, apps) === app;
}

/** Whose leave it takes to have it: that of one that goes is not needed. */
export function ownerOf(
  { app, successor }: Pick<Held, 'app' | 'successor'>,
  { isWanted }: Pick<Apps, 'isWanted'>,
): string {
  return isWanted(app) ? app : (successor ?? app);
}

function isInTheWay(held: Held, { listener, query }: Request, isOwn: boolean, canReuse: boolean): boolean {
  if (!overlap(held.query, query)) return false;
  const open = [held.query, query].filter(letsOthersIn);
  if (open.length === 2) return false;
  if (!isOwn) return true;
  if (sameQuery(held.query, query)) return false;
  // One process cannot bind both, so one worker cannot either.
  if (held.listeners.has(listener.id)) return true;
  return !canReuse || open.length > 0 || query.port <= 0;
}

/** The app has it in another way that cannot be had beside. */
function ownPlace(held: Held, { listener, query }: Request): Place {
  if (held.listeners.has(listener.id)) return { reason: null };
  if (isIdle(held)) return 'close';
  const twin = [...held.listeners.values()].find((other) => other.listener.revision === listener.revision);
  if (twin === undefined) return 'wait';
  const name = `${twin.listener.app}:${twin.listener.slot}`;
  return { reason: `${nameOf(query)} is open in ${name} already, as ${nameOf(held.query)}` };
}

function placeOfOther(held: Held, { listener, query }: Request, apps: Apps): Place {
  const owner = ownerOf(held, apps);
  if (!apps.isWanted(owner)) return 'take';
  if (held.isTraded && held.listeners.size === 0) return 'take';
  if (apps.isRolling(owner)) return 'wait';
  const reason = `${nameOf(query)} belongs to app "${owner}" already, so app "${listener.app}" cannot listen there: give one of them another port`;
  return { reason };
}
