/** What the matrix tells: one row for each protocol, way and Node. */
import type { Failure, Tallies } from './clients.ts';

export interface Row {
  readonly protocol: string;
  readonly way: string;
  readonly node: string;
  readonly requests: number;
  /** That nothing excuses. */
  readonly failures: readonly Failure[];
  readonly refused: number;
  /** What a worker that crashed was answering itself. */
  readonly lost: number;
  readonly worstGap: number;
}

/** From the crash on, until a process that was killed accepts no more: ms. */
const DYING = 50;

/** From the crash on, until clients have noticed that the connections they keep are closed: ms. */
const NOTICED = 1000;

/** How a request ends whose worker dies. One that was refused, or that waits for ever, was not its own. */
const CUT = /^(ECONNRESET|EPIPE|ERR_STREAM_PREMATURE_CLOSE|ERR_HTTP2_\w+|incomplete|closed|ended|heard)/;

/** @param crashedAt when a worker was killed, in ms since the epoch; null where none was. */
export function rows(way: string, node: string, tallies: Tallies, crashedAt: number | null): Row[] {
  return Object.entries(tallies).map(([protocol, { requests, refused, failed, failures, worstGap }]) => {
    const own = failures.filter((failure) => crashedAt !== null && isOwn(failure, crashedAt, protocol));
    if (failed > failures.length) throw new Error(`${failed} requests failed: more than can be told`);
    return {
      protocol,
      way,
      node,
      requests,
      failures: failures.filter((failure) => !own.includes(failure)),
      refused,
      lost: own.length,
      worstGap: Math.round(worstGap),
    };
  });
}

function isOwn({ begun, reason, kept }: Failure, crashedAt: number, protocol: string): boolean {
  // Nothing tells the sender of a datagram that its reader has died; one that came later still waits in the queue.
  const cut = CUT.test(reason) || (protocol === 'UDP' && reason === 'no answer');
  return cut && begun <= crashedAt + (kept ? NOTICED : DYING);
}

/** The rows with failures, each in one line with its reasons. */
export function broken(all: readonly Row[]): string[] {
  return all
    .filter(({ failures }) => failures.length > 0)
    .map(
      ({ protocol, way, node, requests, failures }) =>
        `${protocol}, ${way}, Node ${node}: ${failures.length} of ${requests} failed: ${reasons(failures)}`,
    );
}

function reasons(failures: readonly Failure[]): string {
  const counts = new Map<string, number>();
  for (const { reason, begun, ended } of failures) {
    const text = `${reason} after ${ended - begun < 100 ? '< 100' : 'more'} ms`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([reason, count]) => `${count} × ${reason}`).join(', ');
}

/** With the same widths for all Nodes, so that their tables make one. */
const COLUMNS: readonly (readonly [head: string, width: number, cell: (row: Row) => string])[] = [
  ['protocol', -23, ({ protocol }) => protocol],
  ['way', -14, ({ way }) => way],
  ['Node', 7, ({ node }) => node],
  ['requests', 8, ({ requests }) => String(requests)],
  ['failures', 8, ({ failures }) => String(failures.length)],
  ['refused unprocessed', 19, ({ refused }) => String(refused)],
  ['lost in crash', 13, ({ lost }) => String(lost)],
  ['worst gap', 9, ({ worstGap }) => `${worstGap} ms`],
];

export function table(all: readonly Row[]): string {
  const line = (cell: (column: (typeof COLUMNS)[number]) => string): string =>
    COLUMNS.map((column) => {
      const [, width] = column;
      return width < 0 ? cell(column).padEnd(-width) : cell(column).padStart(width);
    }).join('  ');
  const heads = line(([head]) => head);
  return [heads, ...all.map((row) => line(([, , cell]) => cell(row)))].join('\n');
}
