/** From an ecosystem file to the supervisor that runs it. */
import type { Client } from './client.ts';
import { doorPath, runtimeFolder, socketPath } from './paths.ts';
import { reach } from './reach.ts';

/** @throws UnsafeFolder */
export function socketOf(file: string): string {
  return socketPath(runtimeFolder(), file);
}

/** @throws UnsafeFolder */
export function doorOf(file: string): string {
  return doorPath(runtimeFolder(), file);
}

/**
 * The supervisor that runs `file`, or null if none does. Close it when done.
 *
 * @throws UnsafeFolder, ControlError; Unreachable is one, where it lives and does not answer
 */
export function connectTo(file: string): Promise<Client | null> {
  return reach(socketOf(file));
}
