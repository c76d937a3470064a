/** What the table says of one code. */

export interface CodeInfo {
  readonly severity: 'error' | 'warning';
  readonly title: string;
  /** Why it is a problem, and what to do. */
  readonly about: string;
  /** A file that has the problem; where no text can have it, the command that shows it, after `$ `. */
  readonly example: string;
}

export function error(title: string, about: string, example: string): CodeInfo {
  return { severity: 'error', title, about, example };
}

export function warning(title: string, about: string, example: string): CodeInfo {
  return { severity: 'warning', title, about, example };
}

/** A file with one app and these lines in it. */
export function app(...lines: readonly string[]): string {
  return ['apps:', '  - script: ./server.js', ...lines.map((line) => `    ${line}`), ''].join('\n');
}
