// docs/diagnostics.md: every code, from the tables below src/config/diagnostics/codes.ts.
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import ts from 'typescript';

const INTRO = `# Diagnostics

Generated from \`src/config/diagnostics/codes.ts\` by \`npm run generate\`. Do not edit.

Every problem of an ecosystem file has a code that never changes its meaning. Errors make a file invalid: \`validate\`
exits with 1, and a running supervisor keeps the last good file. Warnings do not, unless \`validate --strict\` asks for it.
All problems of a file are reported in one pass.
`;

const GROUPS = {
  CU10: 'Reading the file',
  CU11: 'YAML',
  CU12: 'Shape and keys',
  CU13: 'Values',
  CU14: 'Variables and selections',
  CU15: 'Meaning',
  CU16: 'Programs',
  CU17: 'Other files',
  CU18: 'Sources',
};

/** `folder` is src/config/diagnostics. */
export async function diagnosticsPage(folder) {
  const CODES = await readCodes(folder);
  const parts = Object.entries(GROUPS).map(([prefix, title]) => {
    const codes = Object.entries(CODES).filter(([code]) => code.startsWith(prefix));
    return `## ${title}\n\n${codes.map(entry).join('\n')}`;
  });
  return `${INTRO}\n${parts.join('\n')}`;
}

/** Every supported Node can run the generator, so the tables' types are stripped by the compiler. */
async function readCodes(folder) {
  const compilerOptions = { module: 'esnext', target: 'es2023', rewriteRelativeImportExtensions: true };
  const target = mkdtempSync(join(tmpdir(), 'cluster-up-codes-'));
  try {
    const tables = readdirSync(join(folder, 'codes')).map((name) => join('codes', name));
    for (const name of ['codes.ts', ...tables]) {
      const { outputText } = ts.transpileModule(readFileSync(join(folder, name), 'utf8'), {
        compilerOptions,
      });
      const file = join(target, name.replace(/\.ts$/, '.js'));
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, outputText);
    }
    writeFileSync(join(target, 'package.json'), '{ "type": "module" }');
    return (await import(pathToFileURL(join(target, 'codes.js')))).CODES;
  } finally {
    rmSync(target, { recursive: true });
  }
}

function entry([code, { severity, title, about, example }]) {
  const [language, text] = example.startsWith('$ ') ? ['sh', `${example.slice(2)}\n`] : ['yaml', example];
  return `### ${code}\n\n**${title}** (${severity}). ${about}\n\n\`\`\`${language}\n${text}\`\`\`\n`;
}
