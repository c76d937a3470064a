// From the schema and the table of codes: types, validators, key tables and the three reference pages.
// `npm run generate` writes them; `npm run generate -- --check` exits 1 where one is out of date.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { diagnosticsPage } from './lib/diagnostics-page.js';
import { configurationPage } from './lib/configuration-page.js';
import { keyTables } from './lib/key-tables.js';
import { pm2Page } from './lib/pm2-page.js';
import { types } from './lib/types.js';
import { validators } from './lib/validators.js';

const root = new URL('../', import.meta.url);
const read = (path) => readFileSync(new URL(path, root), 'utf8');
const schema = JSON.parse(read('schemas/ecosystem.schema.json'));

const outputs = {
  'src/config/schema/schema-types.generated.ts': await types(schema),
  'src/config/schema/validators.generated.ts': validators(schema),
  'src/config/schema/keys.generated.ts': keyTables(schema),
  'docs/configuration.md': configurationPage(schema),
  'docs/pm2.md': pm2Page(schema),
  'docs/diagnostics.md': await diagnosticsPage(fileURLToPath(new URL('src/config/diagnostics/', root))),
};

const stale = Object.entries(outputs).filter(([path, text]) => {
  try {
    return read(path) !== text;
  } catch {
    return true;
  }
});

if (process.argv.includes('--check')) {
  for (const [path] of stale) console.error(`${path} is out of date: run \`npm run generate\`.`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  for (const [path, text] of stale) writeFileSync(new URL(path, root), text);
  console.log(
    stale.length === 0 ? 'Everything is up to date.' : `Wrote ${stale.map(([path]) => path).join(', ')}.`,
  );
}
