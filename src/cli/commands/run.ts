/** Commands that run an ecosystem file, or say what that would do. */
import { existsSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { didYouMean } from '../../shared/suggest.ts';
import type { PlanFlags } from '../plan.ts';
import type { UpFlags } from '../up.ts';
import { withFile, withSelection, withTimeout } from './shared.ts';

export function addRunCommands(root: Command): void {
  withTimeout(withSelection(root.command('up', { isDefault: true })))
    .argument('[file]', 'the ecosystem file')
    .description('make it so, keep it so, follow every edit (the default command)')
    .option('-d, --detach', 'run in the background; return once converged', false)
    .option('--wait', 'the same as -d', false)
    .option('--once', 'end, with exit code 1, if it cannot be made so at first', false)
    .option('--silent', 'show only what goes wrong', false)
    .option('--no-watch', 'do not follow edits of the file')
    .option('--plan-id <id>', 'apply only if this plan still holds')
    .addOption(new Option('--background').hideHelp())
    .action(async (file: string | undefined, flags: UpFlags & { detach: boolean; wait: boolean }) => {
      if (file !== undefined && isNoFile(file)) root.error(unknown(file, root));
      if (flags.detach || flags.wait) {
        const { upInBackground } = await import('../launch.ts');
        return withFile(file, (found) => upInBackground(found, flags));
      }
      const { becomeSupervisor } = await import('../process-image.ts');
      // By the time that a background process is here, its parent has seen to it.
      const note = flags.background === true ? null : becomeSupervisor();
      if (note !== null) process.stderr.write(`cluster-up: ${note}\n`);
      const { up } = await import('../up.ts');
      return withFile(file, (found) => up(found, flags));
    });

  withSelection(root.command('plan'))
    .argument('[file]', 'the ecosystem file')
    .description('show what up would do and why')
    .option('--json', 'as JSON', false)
    .option('--exit-code', 'exit 2 if there is something to do, or not all is as the file asks', false)
    .action(async (file: string | undefined, flags: PlanFlags) => {
      const { plan } = await import('../plan.ts');
      await withFile(file, (found) => plan(found, flags));
    });
}

/** A word where a command could stand, and no file of that name. */
function isNoFile(named: string): boolean {
  return /^[\w-]+$/.test(named) && !existsSync(named);
}

function unknown(word: string, root: Command): string {
  const meant = didYouMean(
    word,
    root.commands.map((command) => command.name()),
  );
  return `error: there is neither a command nor a file '${word}'${meant === null ? '' : `. ${meant}`}`;
}
