/** The clients of all protocols, which run in a process of their own; see client/main.js. */
import { fork } from 'node:child_process';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { until } from '../e2e/support/until.ts';

export interface Failure {
  /** In ms since the epoch, both. */
  readonly begun: number;
  readonly ended: number;
  readonly reason: string;
  /** Its connection was there before it. */
  readonly kept: boolean;
}

export interface Tally {
  readonly requests: number;
  readonly answered: number;
  /** Of them the server said that it has not processed them. */
  readonly refused: number;
  readonly failed: number;
  readonly failures: readonly Failure[];
  /** Longest time from one answer to the next, in ms. */
  readonly worstGap: number;
}

/** By protocol. */
export type Tallies = Readonly<Record<string, Tally>>;

/** Where the app of fixtures/every-protocol listens. */
export interface Ports {
  readonly http: number;
  readonly https: number;
  readonly http2: number;
  readonly h2c: number;
  readonly tcp: number;
  readonly halfOpen: number;
  readonly udp: number;
  readonly socket: string;
}

export interface Clients {
  readonly tallies: () => Tallies;
  /** Waits until each protocol has been answered so often since now. */
  readonly more: (times: number) => Promise<void>;
  /** Lets what is in flight end, and tells the whole. */
  readonly stop: () => Promise<Tallies>;
}

/** Starts them, and waits until each has begun what takes long and was answered what does not. */
export async function clients(ports: Ports): Promise<Clients> {
  const main = path.join(import.meta.dirname, 'client/main.js');
  const child = fork(main, [JSON.stringify(ports)], { execArgv: [], env: {} });
  onTestFinished(() => void child.kill('SIGKILL'));
  let tallies: Tallies = {};
  let done = false;
  child.on('message', (message) => {
    const report = message as { tallies: Tallies; done?: true };
    tallies = report.tallies;
    done = report.done === true;
  });
  const settled = (): [string, number][] =>
    Object.entries(tallies).map(([protocol, { answered, failed }]) => [protocol, answered + failed]);
  const more = async (times: number): Promise<void> => {
    const before = new Map(settled());
    await until(
      () => `each protocol is answered: ${JSON.stringify(tallies)}`,
      () =>
        before.size > 0 &&
        settled().every(([protocol, count]) => count >= (before.get(protocol) ?? 0) + times),
    );
  };
  await until(
    () => `all protocols are under way: ${JSON.stringify(tallies)}`,
    () => Object.keys(tallies).length > 0 && Object.values(tallies).every(({ requests }) => requests >= 4),
  );
  return {
    tallies: () => tallies,
    more,
    stop: async () => {
      child.send('stop');
      await until(
        () => `the clients end: ${JSON.stringify(tallies)}`,
        () => done,
      );
      return tallies;
    },
  };
}
