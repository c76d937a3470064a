/** Commands that change what runs. */
import type { Command } from 'commander';
import type { DownFlags } from '../down.ts';
import type { SteerFlags } from '../steer.ts';
import { withFile, withFileFlag, withTimeout } from './shared.ts';

export function addSteerCommands(root: Command): void {
  addReplacing(root);
  addStopping(root);

  withTimeout(withSteerFlags(root.command('rollback')))
    .argument('<app>', 'an app')
    .argument('[release]', 'the id or name of a release of its source')
    .description('go back to the last revision that was stable, until its part of the file is edited')
    .action(async (app: string, release: string | undefined, flags: SteerFlags) => {
      const { rollback } = await import('../steer.ts');
      process.exitCode = await rollback(app, release, flags);
    });

  withTimeout(withFileFlag(root.command('scale')))
    .argument('<app>', 'an app')
    .argument('<n>', 'how many workers, or how many more (+2) or fewer (-1)')
    .description('write the count into the file, then converge')
    .action(async (app: string, amount: string, flags: { file?: string; timeout?: number }) => {
      const { scale } = await import('../scale.ts');
      await withFile(flags.file, (found) => scale(found, app, amount, flags));
    });

  withSteerFlags(root.command('down'))
    .description('drain everything and end the supervisor')
    .option('--force', 'kill a supervisor that does not answer, and end what it ran', false)
    .action(async (flags: DownFlags) => {
      const { down } = await import('../down.ts');
      process.exitCode = await down(flags);
    });
}

function addReplacing(root: Command): void {
  for (const [op, description] of [
    ['reload', 'replace the workers one after the other, without losing a request'],
    ['restart', 'replace all workers at once'],
  ] as const) {
    addSteering(root, op, description).option(
      '--update-env',
      'in the environment of this shell, for all apps of the file',
      false,
    );
  }
}

function addStopping(root: Command): void {
  addSteering(root, 'stop', 'run no worker until start');
  addSteering(root, 'start', 'run the workers again after stop');
}

function addSteering(
  root: Command,
  op: 'reload' | 'restart' | 'stop' | 'start',
  description: string,
): Command {
  return withTimeout(withSteerFlags(root.command(op)))
    .argument('<app>', 'an app, or all')
    .description(description)
    .action(async (app: string, flags: SteerFlags) => {
      const { steer } = await import('../steer.ts');
      process.exitCode = await steer(op, app, flags);
    });
}

function withSteerFlags(command: Command): Command {
  return withFileFlag(command).option('--silent', 'show only what goes wrong', false);
}
