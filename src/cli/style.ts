/** Colour for terminals, none for pipes. */
import { styleText } from 'node:util';

export type Style = (format: Parameters<typeof styleText>[0], text: string) => string;

/** Whether `stream` is to be written to in colour: NO_COLOR and FORCE_COLOR are respected (no-color.org). */
export function wantsColor(stream: NodeJS.WriteStream, env: NodeJS.ProcessEnv = process.env): boolean {
  if ((env['NO_COLOR'] ?? '') !== '') return false;
  const force = env['FORCE_COLOR'] ?? '';
  if (force !== '') return force !== '0';
  return stream.isTTY && env['TERM'] !== 'dumb';
}

export function styleFor(color: boolean): Style {
  // Whether to colour has been decided; styleText would decide again, for stdout.
  return color
    ? (format, text) => styleText(format, text, { validateStream: false })
    : (_format, text) => text;
}

/** The colour of a status, of an app's and of a worker's alike. */
export const STATUS_COLOR = {
  online: 'green',
  starting: 'cyan',
  rolling: 'cyan',
  draining: 'yellow',
  stopping: 'yellow',
  degraded: 'yellow',
  backoff: 'yellow',
  errored: 'red',
  stopped: 'dim',
} as const;
