/** By what an app calls a message of its own: all of it that is ever shown, as the rest may be secret. */
import { isRecord } from './checks.ts';

/** What those who send messages call that, in this order. */
const KEYS = ['type', 'topic', 'cmd', 'event', 'action'];
/** Nothing that a terminal obeys, no sentence, and no long text. */
const NAME = /^[\w@][\w.:/@-]{0,59}$/;

/** Null for a message that is not called anything, or nothing that can be shown. */
export function messageType(message: unknown): string | null {
  if (!isRecord(message)) return null;
  const names = KEYS.map((key) => message[key]);
  return names.find((name): name is string => typeof name === 'string' && NAME.test(name)) ?? null;
}
