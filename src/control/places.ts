/** Where the control sockets of this user are, whatever the environment was in which their supervisors were started. */
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { orElse, textOf } from '../files/proc-fs.ts';
import { isPrivate, knownFolders } from './paths.ts';

/** As `KeptSocket` binds them: only then are they given their own name. */
const BOUND = / (\/.*)\/([0-9a-f]{16})\.new$/;

/** Where the supervisor of the files with that name (see `nameFor`) may listen; nobody need be there. */
export function socketsNamed(name: string, env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const bound = boundSockets().filter((socket) => path.basename(socket) === `${name}.sock`);
  const usual = knownFolders(env).map((folder) => path.join(folder, `${name}.sock`));
  return [...new Set([...usual, ...bound])];
}

/** All that can be found; behind some there may be nobody any more. */
export function allSockets(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const usual = knownFolders(env).flatMap((folder) =>
    orElse([], () => readdirSync(folder))
      .filter((name) => name.endsWith('.sock'))
      .map((name) => path.join(folder, name)),
  );
  return [...new Set([...usual, ...boundSockets()])];
}

/** Those that the kernel knows, in folders of ours alone: one that `CLUSTER_UP_HOME` named may be anywhere. */
function boundSockets(): readonly string[] {
  return textOf('net/unix')
    .split('\n')
    .flatMap((line) => {
      const [, folder = '', name = ''] = BOUND.exec(line) ?? [];
      // It was read as bytes.
      const known = Buffer.from(folder, 'latin1').toString();
      return name !== '' && isPrivate(known) ? [path.join(known, `${name}.sock`)] : [];
    });
}
