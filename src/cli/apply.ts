/** What `up` does where a supervisor runs the file already: it applies the file to that one and waits. */
import { ControlError, Gone, type Client } from '../control/client.ts';
import type { Bringing, Outcome } from '../model/control.ts';
import { EVERY_APP } from '../model/spec.ts';
import type { AppState } from '../model/state.ts';
import { Console } from './console.ts';
import { duration, rejectionText } from '../model/text.ts';
import { printable } from './printable.ts';
import { progressOf } from './progress.ts';
import { fail } from './remote.ts';

export interface WaitFlags {
  /** Show only what goes wrong. */
  readonly silent?: boolean;
  /** How long to wait, in ms; without it, as long as the apps' own deadlines allow. What is under way goes on. */
  readonly timeout?: number;
}

/** How often a terminal's live lines are brought up to date, in ms. */
const REFRESH = 250;

export type ApplyFlags = WaitFlags & Bringing & { readonly planId?: string };

/** Resolves with the exit code: 0 once converged. */
export async function applyToRunning(client: Client, flags: ApplyFlags): Promise<number> {
  try {
    const applied = await apply(client, flags);
    return typeof applied === 'number'
      ? applied
      : fail(`the supervisor (pid ${applied.ending}) is shutting down`);
  } finally {
    client.close();
  }
}

/**
 * The same, but one that is shutting down is waited for.
 *
 * @returns null where it has ended, so that the file is to be run anew
 */
export async function applyOrOutlive(client: Client, flags: ApplyFlags): Promise<number | null> {
  try {
    const applied = await apply(client, flags);
    return typeof applied === 'number' ? applied : await outlive(client, applied.ending, flags);
  } catch (error) {
    if (error instanceof Gone) return null;
    throw error;
  } finally {
    client.close();
  }
}

async function apply(client: Client, flags: ApplyFlags): Promise<number | { readonly ending: number }> {
  const { supervisor } = await client.call('state', {});
  const { planId, environment } = flags;
  const brought = environment === undefined ? {} : { environment };
  const { error, ending, unchanged } = await client.call('apply', { plan: planId ?? null, ...brought });
  if (ending) return { ending: supervisor.pid };
  if (error !== null)
    return fail(`the running supervisor (pid ${supervisor.pid}) rejected the file: ${error}`);
  if (flags.silent !== true) {
    process.stdout.write(`cluster-up: applied to the running supervisor (pid ${supervisor.pid})\n`);
  }
  return waitFor(client, flags, unchanged).catch((error: unknown) => {
    // It was there when it was asked, and whoever has ended it since did so after that.
    if (error instanceof ControlError) return fail(error.message);
    throw error;
  });
}

/** @returns null once it has ended; the exit code of a failure where that takes too long */
async function outlive(client: Client, pid: number, { silent, timeout }: WaitFlags): Promise<number | null> {
  if (silent !== true)
    process.stdout.write(`cluster-up: the supervisor (pid ${pid}) is shutting down: waiting for its end\n`);
  // A stream that ends with it.
  const end = client.call('events', {}).then(
    () => null,
    () => null,
  );
  const late = (ms: number): number =>
    fail(`the supervisor (pid ${pid}) is still shutting down after ${duration(ms)}`);
  return orLate(timeout, end, late);
}

/** Waits until nothing is under way; says what is not as the file asks. Resolves with the exit code. */
export async function waitFor(client: Client, flags: WaitFlags = {}, unchanged = false): Promise<number> {
  const outcome = await watchOutcome(client, new Console(flags.silent), flags.timeout);
  return reportOutcome(outcome, flags, await rejectionOf(client), unchanged);
}

/** That the file as it is now was rejected, as a line; null where it was not, or where nobody answers any more. */
async function rejectionOf(client: Client): Promise<string | null> {
  try {
    const { config, ecosystem } = await client.call('state', {});
    return config.error === null ? null : rejectionText(ecosystem, config.error);
  } catch (error) {
    if (error instanceof ControlError) return null;
    throw error;
  }
}

/** Waits until nothing is under way or `timeout` ms are over, with live lines where `view` is a terminal. */
export async function watchOutcome(client: Client, view: Console, timeout?: number): Promise<Outcome> {
  let apps: readonly AppState[] = [];
  view.track(() => apps.map(progressOf));
  const timer = setInterval(() => {
    client.call('state', {}).then(
      (state) => {
        ({ apps } = state);
        view.refresh();
      },
      () => clearInterval(timer), // The wait below says that the supervisor has gone.
    );
  }, REFRESH);
  try {
    const state = async (): Promise<readonly AppState[]> => (await client.call('state', {})).apps;
    return await within(timeout, client.call('wait', {}), state);
  } finally {
    clearInterval(timer);
    view.untrack();
  }
}

/** The outcome, or once `timeout` ms are over what is still under way then. */
export async function within(
  timeout: number | undefined,
  outcome: Promise<Outcome>,
  apps: () => Promise<readonly AppState[]> | readonly AppState[],
): Promise<Outcome> {
  return orLate(timeout, outcome, async (ms) => ({
    converged: false,
    problems: underWay(await apps(), ms),
  }));
}

/** What `awaited` comes to, or `late` once `timeout` ms are over. */
async function orLate<T, U>(
  timeout: number | undefined,
  awaited: Promise<T>,
  late: (ms: number) => U | Promise<U>,
): Promise<T | U> {
  if (timeout === undefined) return awaited;
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<typeof OVER>((resolve) => (timer = setTimeout(resolve, timeout, OVER)));
  const first = await Promise.race([awaited, over]).finally(() => clearTimeout(timer));
  return first === OVER ? late(timeout) : first;
}

const OVER = Symbol('over');

function underWay(apps: readonly AppState[], timeout: number): Outcome['problems'] {
  const after = `after ${duration(timeout)}`;
  const unfinished = apps.filter(({ status, ready, desired }) => status !== 'online' || ready < desired);
  if (unfinished.length === 0) return [{ app: EVERY_APP, message: `not as asked ${after}`, stderr: [] }];
  return unfinished.map(({ name, status, ready, desired }) => {
    const message = `still ${status} ${after}, ${ready} of ${desired} workers ready; it goes on`;
    return { app: name, message, stderr: [] };
  });
}

/** `converged` is said only where all is as the file asks. */
export function reportOutcome(
  { converged, problems, byHand = [] }: Outcome,
  flags: WaitFlags = {},
  rejection: string | null = null,
  unchanged = false,
): number {
  for (const { app, message, stderr } of problems) {
    const lines = [`cluster-up: ${app}: ${message}`, ...stderr.map((line) => `    ${line}`)];
    process.stderr.write(lines.map((line) => `${printable(line)}\n`).join(''));
  }
  const other = [...byHand.map(({ app, message }) => `${app} ${message}`), ...(rejection ?? '').split('\n')];
  if (converged && flags.silent !== true)
    process.stdout.write(
      `cluster-up: ${doneText(
        other.filter((line) => line !== ''),
        unchanged,
      )}\n`,
    );
  return converged ? 0 : 1;
}

/** @param other what is not as the file asks, a line each */
function doneText(other: readonly string[], unchanged: boolean): string {
  if (other.length === 0) return unchanged ? 'converged: nothing to change' : 'converged';
  return ['done, but not all is as the file asks:', ...other.map((line) => `  ${printable(line)}`)].join(
    '\n',
  );
}
