/** `cluster-up schema`: the JSON Schema of the ecosystem file, or the reference that is made from it. */
import { readFile } from 'node:fs/promises';

export interface SchemaFlags {
  /** The reference for people, as docs/configuration.md has it. */
  readonly markdown: boolean;
}

/** The package's own folder, seen from src/cli as from dist/cli. */
const SCHEMAS = new URL('../../schemas/', import.meta.url);

/** What the generator of docs/configuration.md exports; it imports nothing but itself. */
interface ConfigurationPage {
  readonly configurationPage: (schema: unknown) => string;
}

/** Prints it and resolves with the exit code. */
export async function schema(
  { markdown }: SchemaFlags,
  write: (text: string) => unknown = (text) => process.stdout.write(text),
): Promise<number> {
  const text = await readFile(new URL('ecosystem.schema.json', SCHEMAS), 'utf8');
  write(markdown ? await reference(text) : text);
  return 0;
}

async function reference(text: string): Promise<string> {
  const page = (await import(new URL('lib/configuration-page.js', SCHEMAS).href)) as ConfigurationPage;
  return page.configurationPage(JSON.parse(text));
}
