/** The options that a worker of node:cluster is started with: ours, and those of the file. */
import path from 'node:path';
import { HIGHEST_PORT } from '../model/ports.ts';

const PERMISSION = /^--(experimental-)?permission$/;
const INSPECT = /^--inspect(?:-brk|-wait|-port)?(?:=(?:.*:)?(\d+))?$/;
/** Node's own. */
const FIRST_PORT = 9229;

/** @param agent the file to preload. Under Node's permissions it has to be allowed to read itself. */
export function execArgv(agent: string, options: readonly string[]): string[] {
  const allow = options.some((option) => PERMISSION.test(option))
    ? [`--allow-fs-read=${path.join(path.dirname(agent), '*')}`]
    : [];
  return ['--require', agent, ...allow, ...options];
}

/**
 * The ports of the inspectors of all workers. Node would count up from its own with each worker that it ever started,
 * whatever port the file names.
 */
export class InspectPorts {
  readonly #taken = new Set<number>();

  /** The first one that is free from the port that the options name; undefined where they ask for no inspector. */
  take(options: readonly string[]): number | undefined {
    const asked = options.map((option) => INSPECT.exec(option)).filter((match) => match !== null);
    if (asked.length === 0) return undefined;
    const named = asked.map((match) => match[1]).findLast((port) => port !== undefined);
    let port = Number(named ?? FIRST_PORT);
    // Any port will do.
    if (port === 0) return 0;
    while (this.#taken.has(port)) port += 1;
    if (port > HIGHEST_PORT) return 0;
    this.#taken.add(port);
    return port;
  }

  release(port: number | undefined): void {
    if (port !== undefined) this.#taken.delete(port);
  }
}
