/** Secrets in what is shown of a process: its arguments, its command line, what it said. */
import { isSecretName, isSecretText, looksSecret } from './secrets.ts';

export const MASK = '***';

/** Each argument as it is, but for `--password=…`, what follows a `--password`, and what has the form of a secret. */
export function maskArguments(args: readonly string[]): string[] {
  return args.map((arg, i) => {
    const [, option, value] = /^(-{0,2}[\w.-]+)=(.*)$/s.exec(arg) ?? [];
    if (option !== undefined && value !== undefined) {
      return isSecretName(option) || isSecretText(value) ? `${option}=${MASK}` : arg;
    }
    const before = args[i - 1] ?? '';
    const isValue = /^--?[A-Za-z]/.test(before) && !before.includes('=') && !arg.startsWith('-');
    return (isValue && isSecretName(before)) || isSecretText(arg) ? MASK : arg;
  });
}

/** The same of a line for the shell, with the quotes and blanks that it has. */
export function maskCommandLine(line: string): string {
  const parts = line.split(/(\s+)/);
  const masked = maskArguments(parts.filter((_, i) => i % 2 === 0));
  return parts.map((part, i) => (i % 2 === 0 ? masked[i / 2] : part)).join('');
}

/** The lines with the value of each variable that looks secret replaced. */
export function maskLines(lines: readonly string[], env: Readonly<Record<string, string>>): string[] {
  const secrets = Object.entries(env)
    .filter(([name, value]) => looksSecret(name, value))
    .map(([, value]) => value.trim());
  return lines.map((line) => secrets.reduce((text, secret) => text.replaceAll(secret, MASK), line));
}
