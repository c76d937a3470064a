/** `cluster-up metrics`: the page of metrics once, for whoever collects it from a file or a pipe. */
import { withSupervisor } from './remote.ts';

/** Prints all of it or nothing, so that no collector takes a part for the whole. Resolves with the exit code. */
export function metrics(file: string | undefined): Promise<number> {
  return withSupervisor(file === undefined ? {} : { file }, async (client) => {
    let text = '';
    await client.call('scrape', {}, (piece) => (text += String(piece)));
    process.stdout.write(text);
    return 0;
  });
}
