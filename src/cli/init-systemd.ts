/** `cluster-up init systemd`: prints a unit; where it goes is said beside it. Writes nothing and asks nothing. */
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { load, type Selection } from '../supervisor/load.ts';
import { quotedWord } from '../shared/words.ts';
import { unitName, unitText, unsetVariables, variablesFile } from './init/systemd.ts';
import { HEAP_FLAG } from './process-image.ts';
import { printDiagnostics } from './print-diagnostics.ts';

const MAIN = fileURLToPath(new URL('main.js', import.meta.url));

/** Resolves with the exit code: 1 where the file is not valid, since what would run it must not be. */
export async function initSystemd(file: string, flags: Selection): Promise<number> {
  const loaded = await load(file, flags);
  printDiagnostics(loaded);
  if (loaded.desired === null) return 1;
  const { apps } = loaded.desired;
  // Whoever calls it with sudo means to run it as themselves.
  const user = process.env['SUDO_USER'] ?? userName();
  const words = [
    ...(flags.env === undefined ? [] : ['--env', flags.env]),
    ...(flags.only === undefined ? [] : ['--only', flags.only.join(',')]),
  ];
  const variables = unsetVariables(loaded.variables);
  process.stdout.write(
    unitText({ file, program: [process.execPath, HEAP_FLAG, MAIN], flags: words, user, apps, variables }),
  );
  const name = unitName(file);
  const again = ['cluster-up', 'init', 'systemd', file, ...words].map(quotedWord).join(' ');
  process.stderr.write(
    [
      `next: ${again} | sudo tee /etc/systemd/system/${name}.service`,
      ...(variables.length === 0 ? [] : [variablesHint(file, variables)]),
      `      sudo systemctl daemon-reload && sudo systemctl enable --now ${name}`,
      `then: systemctl status ${name}, systemctl reload ${name}, journalctl -u ${name}`,
      `      CLUSTER_UP_HOME=/run/${name} cluster-up ls -f ${quotedWord(file)}`,
      '',
    ].join('\n'),
  );
  return 0;
}

/** What systemd starts knows nothing of the shell that printed the unit. */
function variablesHint(file: string, variables: readonly string[]): string {
  const into = variablesFile(file);
  return `      sudo install -m 0600 /dev/null ${into}, and write into it: ${variables.map((name) => `${name}=…`).join(', ')}`;
}

/** Its number where it has no name, as in many containers: systemd takes either. */
function userName(): string {
  try {
    return os.userInfo().username;
  } catch {
    return String(process.getuid?.() ?? 'root');
  }
}
