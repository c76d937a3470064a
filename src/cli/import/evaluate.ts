/** Runs a JavaScript config in a process of its own, which gets none of our variables and little time. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import { CHILD } from './child.ts';

/** What the config exported, as data. */
export interface Evaluation {
  readonly value: unknown;
  /** The variables that it looked at. */
  readonly read: readonly string[];
  /** Paths of what is no data, such as functions: `apps[0].script`. */
  readonly lost: readonly string[];
}

export class EvaluationError extends Error {}

const TIME_LIMIT = 10_000;
const SIZE_LIMIT = 4 * 1024 * 1024;

/** `marked` has each variable hold a mark of its name instead of being unset. */
export function evaluate(
  file: string,
  variables: 'unset' | 'marked',
  limit: number = TIME_LIMIT,
): Promise<Evaluation> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, ['--input-type=module', '--eval', CHILD, file, variables], {
      cwd: path.dirname(file),
      // The system's own, without which nothing starts; no variable of the user's.
      env: { PATH: '/usr/local/bin:/usr/bin:/bin' },
      stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      reject(new EvaluationError(`it did not come to an end within ${limit / 1000} s`));
    }, limit);
    const [errors, answer] = [collect(child.stdio[2]), collect(child.stdio[3])];
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(timer);
      const last = errors()
        .trim()
        .split('\n')
        .find((line) => /^\w*(Error|Exception)\b/.test(line));
      try {
        resolve(JSON.parse(answer()) as Evaluation);
      } catch {
        reject(new EvaluationError(last ?? 'it exports no apps'));
      }
    });
  });
}

/** What a stream said, up to a limit. */
function collect(stream: unknown): () => string {
  let text = '';
  (stream as NodeJS.ReadableStream).setEncoding('utf8').on('data', (chunk: string) => {
    if (text.length < SIZE_LIMIT) text += chunk;
  });
  return () => text;
}
