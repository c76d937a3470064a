/** Surroundings by commands, as Markdown; what was said where it was not as usual stands below. */
import { COMMANDS } from './commands.ts';

export interface Cell {
  /** Null where it had to be ended. */
  readonly code: number | null;
  readonly ms: number;
  readonly out: string;
  readonly err: string;
}

export interface Row {
  readonly name: string;
  /** By command. */
  readonly cells: Map<string, Cell>;
  requests: number;
  failed: number;
  /** Null where nothing could be started. */
  isSupervised: boolean | null;
}

export function tableOf(rows: readonly Row[]): string {
  const names = COMMANDS.map(({ name }) => name);
  const head = ['surrounding', ...names, 'requests', 'failed', 'supervised'];
  const lines = rows.map(({ name, cells, requests, failed, isSupervised }) => [
    name,
    ...names.map((command) => String(cells.get(command)?.code ?? '-')),
    ...[String(requests), String(failed), isSupervised === null ? '-' : isSupervised ? 'yes' : 'no'],
  ]);
  const table = [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
  return [...table, '', ...rows.flatMap(saidIn)].join('\n');
}

function saidIn({ name, cells }: Row): string[] {
  const unusual = [...cells].filter(([, { code }]) => code !== 0);
  return unusual.map(([command, { code, ms, out, err }]) => {
    const [line = ''] = `${err}${out}`.split('\n');
    return `${name}: ${command} ended with ${code ?? 'a signal'} after ${Math.round(ms)} ms: ${line}`;
  });
}
