import { basename } from 'node:path';

/** What an app without a name is called, as PM2 does: its script's file name without the last extension. */
export function nameFromScript(script: string): string {
  const base = basename(script);
  const dot = base.lastIndexOf('.');
  return dot > 0 ? base.slice(0, dot) : base;
}
