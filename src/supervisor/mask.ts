/** Secrets of an app's environment, taken out of what its workers said. */
import { looksSecret } from '../config/checks/secrets.ts';

/** The lines with the value of each variable that looks secret replaced. */
export function maskSecrets(lines: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const secrets = Object.entries(env)
    .filter(([name, value]) => looksSecret(name, value))
    .map(([, value]) => value.trim());
  return lines.map((line) => secrets.reduce((text, secret) => text.replaceAll(secret, '***'), line));
}
