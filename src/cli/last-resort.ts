/**
 * What nobody has caught would end the supervisor, and with it the supervision of apps that have nothing to do with it.
 * It is told with all there is to find it by, and goes on. Each known source is handled at its place; this is for those
 * that nobody knows yet.
 */
import { Faults } from '../supervisor/faults.ts';
import type { Line } from '../model/notice.ts';

/**
 * Until the returned function is called. Only in a process that is a supervisor: a command that fails is to end, and a
 * program that uses the API has its own.
 */
export function surviveFaults(say: (line: Line) => void): () => void {
  const faults = new Faults({ say, log: (error) => console.error(error) });
  const survive: NodeJS.UncaughtExceptionListener = (error, origin) => faults.tell(ORIGINS[origin], error);
  process.on('uncaughtException', survive);
  return () => process.removeListener('uncaughtException', survive);
}

// A promise that rejects without anybody who listens comes the same way, unless there is a listener for it.
const ORIGINS = {
  uncaughtException: 'something that nobody expected',
  unhandledRejection: 'something that nobody waited for',
} as const;
