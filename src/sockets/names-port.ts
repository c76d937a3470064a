/** Whether an app may be going to listen on a port, as far as its spec shows. */
import type { AppSpec } from '../model/spec.ts';

/** The number stands by itself in a variable or an argument: `8080`, `--port=8080`, `[8080, 8081]`. */
export function namesPort({ process }: AppSpec, port: number): boolean {
  const pattern = new RegExp(`(?<![\\d.])${port}(?![\\d.])`);
  return port > 0 && [...Object.values(process.env), ...process.args].some((text) => pattern.test(text));
}
