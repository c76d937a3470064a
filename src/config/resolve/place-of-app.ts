/** The folder that an app runs in: of its ecosystem file, or of its release. */
import path from 'node:path';
import { codeOfRelease, type Code } from '../../model/code.ts';
import { NOWHERE, type SourceSpec } from '../../model/source.ts';
import type { ProcessUser } from '../../model/user.ts';
import { absolute, isFromHome } from '../read/home-path.ts';
import { entryOf } from '../read/nodes.ts';
import { spanIn, type AppContext } from './context.ts';
import { readSource } from './source-spec.ts';

export interface AppPlace {
  /** Null where it has none. */
  readonly source: SourceSpec | null;
  /** Absolute, without a link on the way. */
  readonly cwd: string;
  /** Of a release, or where a link leads; null where it is neither. */
  readonly code: Code | null;
}

/** Whether it is in a release that is not there. */
export function isNowhere(file: string): boolean {
  return file === NOWHERE || file.startsWith(`${NOWHERE}/`);
}

export function findPlace(context: AppContext, user: ProcessUser | null): AppPlace {
  const { app, broken, folder, options, alsoRead } = context;
  if (app.source === undefined && !broken.has('source')) {
    const written = app.cwd === undefined ? folder : absolute(folder, app.cwd, options);
    // A crash after a link was switched starts what the worker was started from.
    const cwd = options.files.real(written) ?? written;
    // The way to the ecosystem file is the way to its folder.
    if (app.cwd !== undefined || cwd !== written) alsoRead(written, cwd === written ? null : cwd);
    if (app.cwd !== undefined)
      checkCwd(context, cwd, 'The path is relative to the folder of the ecosystem file.');
    return { source: null, cwd, code: cwd === written ? null : linked(cwd, cwd) };
  }
  const source = readSource(context, user);
  const release = (source === null ? null : options.releaseOf?.(source)) ?? NOWHERE;
  const cwd = inRelease(context, release);
  if (release !== NOWHERE) checkCwd(context, cwd, 'The path is relative to the folder of the release.');
  return { source, cwd, code: release === NOWHERE ? null : codeOfRelease(path.basename(release), release) };
}

/** `cwd` as it is written: what it was made of, relative to its file, means nothing here. */
function inRelease(context: AppContext, release: string): string {
  const value = entryOf(context.mapping, 'cwd')?.value;
  if (value?.kind !== 'scalar') return release;
  const written = value.source;
  const cwd = path.resolve(release, written);
  const isInside = cwd === release || cwd.startsWith(`${release}/`);
  if (isInside && !path.isAbsolute(written) && !isFromHome(written)) return cwd;
  const message = `\`cwd\` leads out of the release: ${written}.`;
  const hint = 'It is relative to the folder of the release: write a path in that, such as `./backend`.';
  context.problems.add('CU1804', spanIn(context, 'cwd'), message, hint);
  return release;
}

function checkCwd(context: AppContext, cwd: string, hint: string): void {
  const { options, problems } = context;
  const kind = options.files.kind(cwd);
  if (kind === 'directory') return;
  const message =
    kind === 'file' ? `\`cwd\` is not a folder: ${cwd}.` : `The folder of \`cwd\` does not exist: ${cwd}.`;
  problems.add('CU1605', spanIn(context, 'cwd'), message, hint, options.missingScript);
}

/** The code where a link leads. */
export function linked(id: string, folder: string): Code {
  return { id, from: 'link', folder, digest: null };
}
