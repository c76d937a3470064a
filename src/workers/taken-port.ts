/** Which port a program could not have, as far as its last words and its environment say. */
import type { Exit } from '../model/observed.ts';
import { environment } from './environment.ts';
import type { Launch } from './handle.ts';

/** As Node, libc's strerror, Go, Java and nginx say it. */
const IN_USE = /EADDRINUSE|address (?:is )?already in use/i;

/** After the words: `address already in use 127.0.0.1:8080`, `:::8080`. Before them: `bind() to 0.0.0.0:8080 failed`. */
const AFTER = /in use\W[^\n]*?:(\d{1,5})\b/i;
const BEFORE = /:(\d{1,5})\b[^\n]*in use/i;

/** Null where it did not end for want of one, or does not say which and the file does not either. */
export function takenPort({ code, stderr }: Exit, launch: Launch): number | null {
  if (code === 0) return null;
  const line = stderr.find((text) => IN_USE.test(text));
  if (line === undefined) return null;
  const said = AFTER.exec(line)?.[1] ?? BEFORE.exec(line)?.[1] ?? environment(launch)['PORT'];
  const port = Number(said);
  return Number.isInteger(port) && port > 0 && port <= 65_535 ? port : null;
}
