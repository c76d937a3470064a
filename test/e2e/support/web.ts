/** The app of fixtures/web, up and answering. */
import { getJson } from './client.ts';
import { freePort } from './ports.ts';
import { scene, type Scene } from './scene.ts';
import { up, type StartOptions, type Supervisor } from './supervisor.ts';
import { until } from './until.ts';

/** What it answers. */
export interface Who {
  readonly value: string;
  readonly slot: number;
  readonly pid: number;
}

export interface Web {
  readonly place: Scene;
  readonly port: number;
  readonly supervisor: Supervisor;
  /** An edit of the file, and the mark from where its effects are printed. */
  readonly edit: (from: string | RegExp, to: string) => number;
  /** The same, then waits until all is as the file asks. */
  readonly apply: (from: string | RegExp, to: string) => Promise<void>;
  readonly who: () => Promise<Who>;
}

/** @param change made to the ecosystem file before the start. */
export async function web(
  change: (text: string) => string = (text) => text,
  options: StartOptions & { readonly prepare?: (folder: string) => void } = {},
): Promise<Web> {
  const place = scene('web');
  options.prepare?.(place.folder);
  const port = await place.port(8080);
  place.write(change(place.read()));
  const supervisor = up(place.file, options);
  await supervisor.converged();
  const edit = (from: string | RegExp, to: string): number => {
    const mark = supervisor.mark();
    place.edit((text) => text.replace(from, to));
    return mark;
  };
  return {
    place,
    port,
    supervisor,
    edit,
    apply: async (from, to) => supervisor.converged(edit(from, to)),
    who: () => getJson<Who>(port),
  };
}

/** The process ids of the workers by slot, as the workers themselves tell. */
export async function pidsBySlot(port: number, slots: number): Promise<Record<number, number>> {
  const pids: Record<number, number> = {};
  await until(`${slots} workers answer`, async () => {
    const { slot, pid } = await getJson<Who>(port);
    pids[slot] = pid;
    return Object.keys(pids).length === slots;
  });
  return pids;
}

/** The app of fixtures/web in cluster mode, and one of its workers in fork mode beside it. */
export async function webAndProgram(): Promise<Scene & { readonly ports: readonly [number, number] }> {
  const place = scene('web');
  const port = await place.port(8080);
  const other = await freePort();
  place.edit(
    (text) =>
      `${text}  - { name: program, script: ./server.js, exec_mode: fork, env: { PORT: ${other}, VALUE: one } }\n`,
  );
  return { ...place, ports: [port, other] };
}
