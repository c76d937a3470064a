/** Commands that change what runs. */
import type { Command } from 'commander';
import type { DownFlags } from '../down.ts';
import type { SteerFlags } from '../steer.ts';
import { withFile, withFileFlag, withTimeout } from './shared.ts';

export function addSteerCommands(root: Command): void {
  const steering = [
    ['reload', 'replace the workers one after the other, without losing a request'],
    ['restart', 'replace all workers at once'],
    ['stop', 'run no worker until start'],
    ['start', 'run the workers again after stop'],
  ] as const;
  for (const [op, description] of steering) {
    withTimeout(withSteerFlags(root.command(op)))
      .argument('<app>', 'an app, or all')
      .description(description)
      .action(async (app: string, flags: SteerFlags) => {
        const { steer } = await import('../steer.ts');
        process.exitCode = await steer(op, app, flags);
      });
  }

  withTimeout(withSteerFlags(root.command('rollback')))
    .argument('<app>', 'an app')
    .description('go back to the last revision that was stable, until its part of the file is edited')
    .action(async (app: string, flags: SteerFlags) => {
      const { rollback } = await import('../steer.ts');
      process.exitCode = await rollback(app, flags);
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

function withSteerFlags(command: Command): Command {
  return withFileFlag(command).option('--silent', 'show only what goes wrong', false);
}
