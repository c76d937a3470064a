/** What is wrong with a script that was looked for. */
import { basename, relative, resolve } from 'node:path';
import { absolute } from '../read/home-path.ts';
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';
import { guessInterpreter } from './interpreter.ts';
import type { Script } from './script.ts';

export function reportScript(context: AppContext, script: Script, cwd: string): void {
  const { app, problems, options } = context;
  const span = spanIn(context, 'script');
  // Without its folder nothing can be found, and that is the problem to report.
  if (context.broken.has('cwd') || options.files.kind(cwd) !== 'directory') return;
  if (script.kind === 'bare folder') {
    const hint = 'Name a file in it, or give it an index.js or a package.json with `main`.';
    problems.add('CU1602', span, `The script is a folder without an entry: ${script.path}.`, hint);
  } else if (
    script.kind === 'missing' ||
    (script.kind === 'missing command' && app.interpreter !== undefined)
  ) {
    const path = absolute(cwd, app.script ?? '', options);
    problems.add(
      'CU1601',
      span,
      `The script does not exist: ${path}.`,
      missingHint(context, cwd),
      options.missingScript,
    );
  } else if (script.kind === 'missing command') {
    const message = `There is no file \`${script.path}\`, and no such command in PATH.`;
    problems.add('CU1603', span, message, commandHint(script.path), options.missingScript);
  } else if (
    script.kind === 'file' &&
    runsDirectly(context, script.path) &&
    !options.files.executable(script.path)
  ) {
    const hint = `Run \`chmod +x ${basename(script.path)}\`, or name an \`interpreter\`.`;
    problems.add(
      'CU1607',
      span,
      `The script is not executable: ${script.path}.`,
      hint,
      options.missingScript,
    );
  }
}

function runsDirectly({ app, options }: AppContext, path: string): boolean {
  return (app.interpreter ?? guessInterpreter(path, options.files) ?? 'none') === 'none';
}

/** PM2 users often write the path from the file's folder although `cwd` is given. */
function missingHint({ app, folder, options }: AppContext, cwd: string): string {
  const fromFolder = resolve(folder, app.script ?? '');
  if (app.source !== undefined) return 'The path is relative to `cwd` in the release.';
  if (app.cwd === undefined) return 'The path is relative to the folder of the ecosystem file.';
  if (cwd === folder || options.files.kind(fromFolder) !== 'file') return 'The path is relative to `cwd`.';
  return `The path is relative to \`cwd\`: write \`./${relative(cwd, fromFolder)}\`.`;
}

function commandHint(command: string): string {
  if (command === 'serve')
    return 'PM2 brings a static server of this name; install the package `serve`, or name another program.';
  return 'Install it, or write a path such as `./server.js`.';
}
