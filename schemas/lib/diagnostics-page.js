// docs/diagnostics.md: every code, from the table in src/config/codes.ts.
import ts from 'typescript';

const INTRO = `# Diagnostics

Generated from \`src/config/codes.ts\` by \`npm run generate\`. Do not edit.

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
};

export async function diagnosticsPage(source) {
  // Every supported Node can run the generator, so the table's types are stripped by the compiler.
  const { outputText } = ts.transpileModule(source, {
    compilerOptions: { module: 'esnext', target: 'es2023' },
  });
  const { CODES } = await import(`data:text/javascript,${encodeURIComponent(outputText)}`);
  const parts = Object.entries(GROUPS).map(([prefix, title]) => {
    const codes = Object.entries(CODES).filter(([code]) => code.startsWith(prefix));
    return `## ${title}\n\n${codes.map(entry).join('\n')}`;
  });
  return `${INTRO}\n${parts.join('\n')}`;
}

function entry([code, { severity, title, about, example }]) {
  const [language, text] = example.startsWith('$ ') ? ['sh', `${example.slice(2)}\n`] : ['yaml', example];
  return `### ${code}\n\n**${title}** (${severity}). ${about}\n\n\`\`\`${language}\n${text}\`\`\`\n`;
}
