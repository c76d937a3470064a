/** What a command prints may lose its reader: `cluster-up logs -f | head`. */

/** A command goes on to its end, unheard, with its own exit code. */
export function outliveReader(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', lost);
}

/** A command without an end of its own ends when there is nobody left to read it. */
export function endWithReader(): void {
  process.stdout.on('error', () => process.exit());
}

function lost({ code, message }: NodeJS.ErrnoException): void {
  // Anything else, such as a full disk, has lost what somebody wanted to have.
  if (code === 'EPIPE') return;
  process.stderr.write(`cluster-up: cannot print: ${message}\n`);
  process.once('exit', (code) => (process.exitCode = code === 0 ? 1 : code));
}
