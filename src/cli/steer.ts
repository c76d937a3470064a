/** Commands that change what runs: each asks the supervisor, waits until nothing is under way, and says how it ended. */
import { waitFor, type WaitFlags } from './apply.ts';
import { count } from '../model/text.ts';
import { nothingRuns, withSupervisor, type RemoteFlags } from './remote.ts';
import { printableLines } from './printable.ts';

export type SteerFlags = RemoteFlags & WaitFlags;

export function steer(
  op: 'reload' | 'restart' | 'stop' | 'start',
  app: string,
  flags: SteerFlags,
): Promise<number> {
  return withSupervisor(flags, async (client) => {
    await client.call(op, { app });
    return waitFor(client, flags);
  });
}

export function rollback(app: string, flags: SteerFlags): Promise<number> {
  return withSupervisor(flags, async (client) => {
    const { revision } = await client.call('rollback', { app });
    if (flags.silent !== true)
      process.stdout.write(`cluster-up: ${app} goes back to ${revision} until the file changes\n`);
    return waitFor(client, flags);
  });
}

/** `cluster-up down`: drains everything and waits, with progress; also what a supervisor that died has left. */
export function down(flags: SteerFlags): Promise<number> {
  const show = (line: { readonly text: string }): void => {
    if (flags.silent !== true) process.stdout.write(`${printableLines(line.text)}\n`);
  };
  return withSupervisor(
    flags,
    async (client) => {
      await client.call('down', {}, (line) => show(line as { text: string }));
      show({ text: 'cluster-up: down' });
      return 0;
    },
    async (file) => {
      const { endLeftBehind, leftBehind } = await import('../supervisor/left-behind.ts');
      const left = leftBehind(file);
      if (left === 0) return nothingRuns(file);
      const those = `${count(left, 'process', 'processes')} of a supervisor that had died`;
      show({ text: `cluster-up: ending ${those}` });
      await endLeftBehind(file, show);
      show({ text: 'cluster-up: down' });
      return 0;
    },
  );
}
