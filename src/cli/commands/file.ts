/** Commands about files, for which nothing has to run. */
import { Argument, Option, type Command } from 'commander';
import type { ImportFlags } from '../import.ts';
import type { Selection } from '../../supervisor/load.ts';
import type { ValidateFlags } from '../validate.ts';
import { withFile, withFileFlag, withSelection } from './shared.ts';

/** The values of an option that is given several times. */
const collect = (value: string, before: string[] = []): string[] => [...before, value];

export function addFileCommands(root: Command): void {
  addValidate(root);
  addImport(root);
  addInit(root);
  addSchema(root);
  addCompletion(root);
}

function addValidate(root: Command): void {
  root
    .command('validate')
    .argument('[files...]', 'ecosystem files; - is standard input')
    .description('check files without running anything')
    .addOption(
      new Option('--format <format>', 'how to report')
        .choices(['text', 'json', 'github', 'sarif', 'junit'])
        .default('text'),
    )
    .option('--strict', 'warnings fail too', false)
    .option('--env <name>', 'check under this environment; again for more, or all', collect)
    .option('--print-config', 'print what the files mean, without secrets', false)
    .action(async (files: string[], flags: ValidateFlags) => {
      const { validate } = await import('../validate.ts');
      if (files.length > 0) process.exitCode = await validate(files, flags);
      else await withFile(undefined, (found) => validate([found], flags));
    });
}

function addImport(root: Command): void {
  root
    .command('import')
    .argument('<file>', "PM2's ecosystem.config.js, or a JSON or YAML file of PM2")
    .description('write the YAML for a file of PM2; a JavaScript file is run to do so')
    .option('-o, --output <file>', 'write there, unless it exists, instead of to standard output')
    .action(async (file: string, flags: ImportFlags) => {
      const { importFile } = await import('../import.ts');
      process.exitCode = await importFile(file, flags);
    });
}

function addInit(root: Command): void {
  const init = root
    .command('init')
    .argument('[folder]', 'where the program is', '.')
    .description('write a first ecosystem.yml')
    .action(async (folder: string) => {
      const { init: run } = await import('../init.ts');
      process.exitCode = await run(folder);
    });

  withSelection(init.command('systemd'))
    .argument('[file]', 'the ecosystem file')
    .description('print a systemd unit that runs the file')
    .action(async (file: string | undefined, flags: Selection) => {
      const { initSystemd } = await import('../init-systemd.ts');
      await withFile(file, (found) => initSystemd(found, flags));
    });
}

function addSchema(root: Command): void {
  root
    .command('schema')
    .description('the JSON Schema of the ecosystem file')
    .option('--markdown', 'the reference instead, as Markdown', false)
    .action(async (flags: { markdown: boolean }) => {
      const { schema } = await import('../schema.ts');
      process.exitCode = await schema(flags);
    });
}

function addCompletion(root: Command): void {
  withFileFlag(root.command('completion'))
    .addArgument(new Argument('[shell]', 'your shell').choices(['bash', 'zsh', 'fish']))
    .description('print a script that completes commands in a shell')
    .addOption(new Option('--apps').hideHelp())
    .action(async (shell: string | undefined, flags: { apps?: boolean; file?: string }) => {
      const { completeApps, completion } = await import('../completion.ts');
      process.exitCode = flags.apps === true ? await completeApps(flags.file) : completion(root, shell);
    });
}
