/** `cluster-up top`: what runs, live and full screen. */
import os from 'node:os';
import { fail, withSupervisor, type RemoteFlags } from './remote.ts';
import { styleFor, wantsColor } from './style.ts';
import { Live } from './top/live.ts';
import type { Notice } from './top/model.ts';

export async function top(flags: RemoteFlags): Promise<number> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  if (!isTerminal) return fail('top needs a terminal; for pipes and scripts there is cluster-up ls --json');
  return withSupervisor(flags, async (client, file) => {
    const style = styleFor(wantsColor(process.stdout));
    await new Live(client, (app, amount) => scaleQuietly(file, app, amount), style).run();
    return 0;
  });
}

/** What `cluster-up scale` does; what it would print is the notice. */
async function scaleQuietly(file: string, app: string, amount: string): Promise<Notice> {
  // It brings the whole reading of ecosystem files with it, which nothing else here needs.
  const { scale } = await import('./scale.ts');
  const said: string[] = [];
  const failed: string[] = [];
  const code = await scale(file, app, amount, {
    out: (text) => said.push(text),
    err: (text) => failed.push(text),
    cores: os.availableParallelism(),
    env: process.env,
  });
  const [first = ''] = (code === 0 ? said : failed).join('').split('\n');
  const text =
    first === '' ? `scale ${app} ${amount}: exit code ${code}` : first.replace(/^cluster-up: /, '');
  return { level: code === 0 ? 'info' : 'bad', text };
}
