/** Which failed requests a step explains. */
import type { Failure } from './load.ts';
import type { Loss } from './model.ts';

export interface Round {
  readonly text: string;
  readonly losses: ReadonlyMap<string, Loss>;
  /** Ms since the epoch. */
  readonly begun: number;
}

/** Requests that can be in flight to one address: one a lane. */
const LANES = 4;
/** How a request ends whose worker dies. */
const CUT = new Set(['ECONNRESET', 'EPIPE', 'incomplete']);

/**
 * Of `cut` requests there may be as many as were in flight.
 *
 * @param rounds those of late, in order: a request may have begun before the last of them.
 */
export function lossViolations(
  failures: readonly Failure[],
  rounds: readonly Round[],
): { wrong: string[]; cut: number } {
  const wrong: string[] = [];
  const cut = new Map<string, number>();
  for (const failure of failures) {
    const { key, error, begun } = failure;
    // From the one in which it was sent; those before it are over.
    const from = Math.max(
      0,
      rounds.findLastIndex((round) => round.begun <= begun),
    );
    const losses = rounds.slice(from).map((round) => round.losses.get(key) ?? 'none');
    if (losses.includes('any')) continue;
    const isCut = losses.includes('cut') && CUT.has(error);
    cut.set(key, (cut.get(key) ?? 0) + (isCut ? 1 : 0));
    if (!isCut || (cut.get(key) ?? 0) > LANES) wrong.push(describe(failure, rounds[from]));
  }
  return { wrong, cut: [...cut.values()].reduce((sum, each) => sum + each, 0) };
}

function describe({ key, error, kept, begun, ended }: Failure, round: Round | undefined): string {
  const connection = kept ? 'a kept connection' : 'a new connection';
  return `${error} from ${key} on ${connection}, sent ${begun - (round?.begun ?? 0)} ms into "${round?.text ?? ''}", after ${ended - begun} ms`;
}
