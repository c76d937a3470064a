/** `cluster-up init systemd`: prints a unit; where it goes is said beside it. Writes nothing and asks nothing. */
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { load, type Selection } from '../supervisor/load.ts';
import { unitName, unitText } from './init/systemd.ts';
import { HEAP_FLAG } from './process-image.ts';
import { report } from './up.ts';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Resolves with the exit code: 1 where the file is not valid, since what would run it must not be. */
export async function initSystemd(file: string, flags: Selection): Promise<number> {
  const loaded = await load(file, flags);
  report(loaded);
  if (loaded.desired === null) return 1;
  const { apps } = loaded.desired;
  // Whoever calls it with sudo means to run it as themselves.
  const user = process.env['SUDO_USER'] ?? userName();
  const words = [
    ...(flags.env === undefined ? [] : ['--env', flags.env]),
    ...(flags.only === undefined ? [] : ['--only', flags.only.join(',')]),
  ];
  process.stdout.write(
    unitText({ file, program: [process.execPath, HEAP_FLAG, MAIN], flags: words, user, apps }),
  );
  const name = unitName(file);
  process.stderr.write(
    [
      `next: cluster-up init systemd | sudo tee /etc/systemd/system/${name}.service`,
      `      sudo systemctl daemon-reload && sudo systemctl enable --now ${name}`,
      `then: systemctl status ${name}, systemctl reload ${name}, journalctl -u ${name}`,
      `      CLUSTER_UP_HOME=/run/${name} cluster-up ls -f ${file}`,
      '',
    ].join('\n'),
  );
  return 0;
}

/** Its number where it has no name, as in many containers: systemd takes either. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'root');
  }
}
