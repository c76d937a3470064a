/** Which port a program could not have, as far as its last words and its environment say. */
import type { Exit } from '../model/observed.ts';
import { HIGHEST_PORT } from '../model/ports.ts';
import { environment } from './environment.ts';
import type { Launch } from './handle.ts';

/** As Node, libc's strerror, Go, Java and nginx say it. */
const IN_USE = /EADDRINUSE|address (?:is )?already in use/i;

/** After the words: `address already in use 127.0.0.1:8080`, `:::8080`. Before them: `bind() to 0.0.0.0:8080 failed`. */
const AFTER = /in use\W[^\n]*?:(\d{1,5})\b/i;
const BEFORE = /:(\d{1,5})\b[^\n]*in use/i;

/** In a line of its own, of a Node error that has been printed as a whole. */
const PROPERTY = /^\s*port: (\d{1,5}),?$/;

/** Null where it did not end for want of one, or does not say which and the file does not either. */
export function takenPort({ code, stderr }: Exit, launch: Launch): number | null {
  if (code === 0) return null;
  const line = stderr.find((text) => IN_USE.test(text));
  if (line === undefined) return null;
  const property = stderr.map((text) => PROPERTY.exec(text)?.[1]).find((text) => text !== undefined);
  const said = AFTER.exec(line)?.[1] ?? BEFORE.exec(line)?.[1] ?? property ?? environment(launch)['PORT'];
  const port = Number(said);
  return Number.isInteger(port) && port > 0 && port <= HIGHEST_PORT ? port : null;
}
