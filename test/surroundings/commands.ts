/** Every command, as it is tried in each surrounding. */

export interface Command {
  /** How the table calls it. */
  readonly name: string;
  /** @param file the ecosystem file, absolute */
  readonly args: (file: string) => readonly string[];
  /** What it may end with where all is as usual; 0 unless told otherwise. */
  readonly codes?: readonly number[];
}

const of =
  (...words: readonly string[]) =>
  (file: string): readonly string[] => [...words, '-f', file];

/** In this order, each once. `web` is under load, `idle` is not. */
export const COMMANDS: readonly Command[] = [
  { name: 'validate', args: (file) => ['validate', file] },
  { name: 'plan', args: (file) => ['plan', file] },
  { name: 'ls', args: of('ls') },
  { name: 'ls --json', args: of('ls', '--json') },
  // It shows what others of this user run, too.
  { name: 'ls --all', args: () => ['ls', '--all'], codes: [0, 1] },
  { name: 'show', args: of('show', 'web') },
  { name: 'logs', args: (file) => ['logs', 'web', '--file', file] },
  { name: 'metrics', args: (file) => ['metrics', file] },
  { name: 'reload', args: of('reload', 'web') },
  { name: 'scale', args: of('scale', 'idle', '2') },
  { name: 'restart', args: of('restart', 'idle') },
  { name: 'stop', args: of('stop', 'idle') },
  { name: 'start', args: of('start', 'idle') },
  // There is nothing to go back to.
  { name: 'rollback', args: of('rollback', 'web'), codes: [0, 1] },
  { name: 'up -d', args: (file) => ['up', '-d', file] },
  // Not without a terminal.
  { name: 'top', args: of('top'), codes: [1, 2] },
  { name: 'import', args: (file) => ['import', file.replace(/[^/]*$/, 'pm2.json')] },
  { name: 'init systemd', args: (file) => ['init', 'systemd', file] },
  { name: 'schema', args: () => ['schema'] },
  { name: 'completion', args: () => ['completion', 'bash'] },
];
