/**
 * Where an app's paths really lead. Whoever deploys by switching a symbolic link expects all of a revision to come from
 * one folder, and another one from the moment of the switch.
 */
import { basename, dirname, join } from 'node:path';
import type { Code } from '../../model/code.ts';
import { absolute } from '../read/home-path.ts';
import type { AppContext } from './context.ts';
import { isNode } from './interpreter.ts';
import { linked, type AppPlace } from './place-of-app.ts';
import type { Program } from './program.ts';

/** A program whose script may lead elsewhere than its folder does, which is without links; and what code that is. */
export function throughLinks(
  { app, options, alsoRead }: AppContext,
  program: Program,
  { source, cwd, code }: AppPlace,
): { readonly program: Program; readonly code: Code | null } {
  if (source !== null) return { program, code };
  const { script, shell, interpreter } = program;
  // A command that was found elsewhere belongs to the machine.
  const isFile = !shell && script.startsWith(absolute(cwd, app.script ?? '', options));
  const end = isFile ? options.files.real(script) : script;
  if (end === null || end === script) return { program, code };
  const into = options.files.real(dirname(script)) ?? dirname(script);
  // Programs look at the name that they were called by; Node goes to the end of a link by itself.
  const real = { ...program, script: isNode(interpreter) ? end : join(into, basename(script)) };
  // What npm puts there leads to a package, whatever is current.
  if (basename(dirname(script)) === '.bin') return { program: real, code };
  alsoRead(script, end);
  return { program: real, code: linked(into === dirname(script) ? end : dirname(end), dirname(end)) };
}
