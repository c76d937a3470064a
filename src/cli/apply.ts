/** What `up` does where a supervisor runs the file already: it applies the file to that one and waits. */
import type { Client } from '../control/client.ts';
import type { Outcome } from '../model/control.ts';

/** Resolves with the exit code: 0 once converged. */
export async function applyToRunning(client: Client, plan: string | null): Promise<number> {
  try {
    const { supervisor } = await client.call('state', {});
    const { error } = await client.call('apply', { plan });
    if (error !== null) {
      process.stderr.write(`cluster-up: the running supervisor (pid ${supervisor.pid}) rejected the file: ${error}\n`);
      return 1;
    }
    process.stdout.write(`cluster-up: applied to the running supervisor (pid ${supervisor.pid})\n`);
    return await waitFor(client);
  } finally {
    client.close();
  }
}

/** Waits until nothing is under way; says what is not as the file asks. Resolves with the exit code. */
export async function waitFor(client: Client): Promise<number> {
  return reportOutcome(await client.call('wait', {}));
}

export function reportOutcome({ converged, problems }: Outcome): number {
  for (const { app, message, stderr } of problems) {
    process.stderr.write(`cluster-up: ${app}: ${message}\n${stderr.map((line) => `    ${line}\n`).join('')}`);
  }
  if (converged) process.stdout.write('cluster-up: converged\n');
  return converged ? 0 : 1;
}
