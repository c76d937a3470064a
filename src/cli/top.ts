/** `cluster-up top`: what runs, live and full screen. */
import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { fail, withSupervisor, type RemoteFlags } from './remote.ts';
import { styleFor, wantsColor } from './style.ts';
import { Live } from './top/live.ts';
import type { Notice } from './top/model.ts';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

export async function top(flags: RemoteFlags): Promise<number> {
  const isTerminal = process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
  if (!isTerminal) return fail('top needs a terminal; for pipes and scripts there is cluster-up ls --json');
  return withSupervisor(flags, async (client, file) => {
    const left = new AbortController();
    const scale = (app: string, amount: string): Promise<Notice> =>
      scaleApart(file, app, amount, left.signal);
    try {
      await new Live(client, scale, styleFor(wantsColor(process.stdout))).run();
      return 0;
    } finally {
      left.abort();
    }
  });
}

/** `cluster-up scale` in a process of its own: it shows its progress on the terminal, which is ours now. */
function scaleApart(file: string, app: string, amount: string, signal: AbortSignal): Promise<Notice> {
  const args = [...process.execArgv, MAIN, 'scale', '--file', file, '--', app, amount];
  return new Promise((resolve) => {
    execFile(process.execPath, args, { signal }, (error, stdout, stderr) => {
      const [said = ''] = (error === null ? stdout : stderr).split('\n');
      const text = said === '' && error !== null ? error.message : said;
      resolve({ level: error === null ? 'info' : 'bad', text: text.replace(/^cluster-up: /, '') });
    });
  });
}
