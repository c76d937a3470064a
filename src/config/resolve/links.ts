/**
 * Where an app's paths really lead. Whoever deploys by switching a symbolic link expects all of a revision to come from
 * one folder, and another one from the moment of the switch.
 */
import { basename, dirname, join } from 'node:path';
import type { Code } from '../../model/code.ts';
import { absolute } from '../read/home-path.ts';
import type { AppContext } from './context.ts';
import { isNode } from './interpreter.ts';
import type { Program } from './program.ts';

/** As the file has it, absolute. */
export function writtenCwd({ app, folder, options }: AppContext): string {
  return app.cwd === undefined ? folder : absolute(folder, app.cwd, options);
}

/** @param cwd without links */
export function throughLinks(
  context: AppContext,
  program: Program,
  cwd: string,
): { readonly program: Program; readonly code: Code | null } {
  const { app, options, alsoRead } = context;
  const ofFolder = cwd === writtenCwd(context) ? null : link(cwd, cwd);
  const { script, shell, interpreter } = program;
  // A command that was found elsewhere belongs to the machine.
  const isFile = !shell && script.startsWith(absolute(cwd, app.script ?? '', options));
  const end = isFile ? options.files.real(script) : script;
  if (end === null || end === script) return { program, code: ofFolder };
  const into = options.files.real(dirname(script)) ?? dirname(script);
  // Programs look at the name that they were called by; Node goes to the end of a link by itself.
  const real = { ...program, script: isNode(interpreter) ? end : join(into, basename(script)) };
  // What npm puts there leads to a package, whatever is current.
  if (basename(dirname(script)) === '.bin') return { program: real, code: ofFolder };
  alsoRead(script, end);
  return { program: real, code: link(into === dirname(script) ? end : dirname(end), dirname(end)) };
}

function link(id: string, folder: string): Code {
  return { id, from: 'link', folder, digest: null };
}
