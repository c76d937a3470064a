/** What a new revision costs because it needs a port that is still in use: of its own app, or of another one. */
import type { AppSpec } from '../../model/spec.ts';
import { count } from '../../model/text.ts';

/** What specs do not say. */
export interface Seen {
  /** Whether a worker of the app has listened. */
  readonly listens: (app: string) => boolean;
  /** Whether two sockets can be bound to one port here. */
  readonly canReusePort: boolean;
}

export interface Edit {
  readonly before: AppSpec;
  readonly after: AppSpec;
}

/** One clause; null where the two revisions run side by side. `all` are the edits of all apps. */
export function portNote(edit: Edit, all: readonly Edit[], seen: Seen): string | null {
  return ownNote(edit, seen) ?? tradeNote(edit, all);
}

function ownNote({ before, after }: Edit, seen: Seen): string | null {
  const reason = whyExclusive(before, after, seen);
  if (reason === null) return null;
  const workers = count(before.instances, 'worker');
  const when = after.process.mode === 'fork' ? 'first' : 'as soon as a new one waits for their port';
  const all = before.instances === 1 ? `stops its ${workers}` : `stops all ${workers}`;
  return `${all} ${when}, whatever rollout.max_unavailable says: ${reason}`;
}

function whyExclusive(before: AppSpec, after: AppSpec, { listens, canReusePort }: Seen): string | null {
  const [from, to] = [before.process, after.process];
  const isSamePort = portOf(before) !== null && portOf(before) === portOf(after);
  const isListening = listens(before.name);
  if (from.mode === 'cluster' && to.mode === 'fork')
    return isListening ? 'fork mode cannot share a port with cluster mode' : null;
  if (from.mode !== to.mode) return isSamePort ? 'cluster mode cannot share a port with fork mode' : null;
  if (to.mode === 'fork' || !isSamePort || !isListening) return null;
  return from.env['HOST'] !== to.env['HOST'] && !canReusePort
    ? 'two addresses of one port may not be had side by side here'
    : null;
}

function tradeNote(edit: Edit, all: readonly Edit[]): string | null {
  const way = [edit];
  for (;;) {
    const owner = ownerBefore(way.at(-1) ?? edit, all);
    if (owner === undefined) break;
    if (owner === edit && way.every(({ after }) => after.process.mode === 'cluster')) {
      const others = way.slice(1).map(({ after }) => `"${after.name}"`);
      return `trades ports with ${others.join(', ')}: once new workers of each wait, all earlier ones leave; connections wait meanwhile, and none is refused`;
    }
    if (owner === edit || way.includes(owner)) break;
    way.push(owner);
  }
  const next = way[1];
  return next === undefined ? null : inheritNote(edit, next.after.name);
}

/** A program cannot wait for its port, nor be beside itself. */
function inheritNote({ before, after }: Edit, owner: string): string {
  const port = portOf(after) ?? '';
  if (after.process.mode === 'cluster') return `gets port ${port} from "${owner}", once that has left it`;
  return `stops its ${count(before.instances, 'worker')} first, and starts once "${owner}" has left port ${port}: until then nobody answers for it`;
}

/** The app that has the port until now, and leaves it. */
function ownerBefore({ before, after }: Edit, all: readonly Edit[]): Edit | undefined {
  const port = portOf(after);
  if (port === null || port === portOf(before)) return undefined;
  return all.find(
    (other) => other.after !== after && portOf(other.before) === port && portOf(other.after) !== port,
  );
}

function portOf({ namesPort, process }: AppSpec): string | null {
  const port = process.env['PORT'];
  return !namesPort || port === undefined || port === '0' ? null : port;
}
