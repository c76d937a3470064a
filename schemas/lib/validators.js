// Validators compiled ahead of time, so that no command pays for compiling the schema or for loading ajv.
import Ajv2020 from 'ajv/dist/2020.js';
import standalone from 'ajv/dist/standalone/index.js';
import { canonicalDefs, prune } from './prune.js';

const HEADER = `// @ts-nocheck
// Generated from schemas/ecosystem.schema.json by schemas/generate.js. Do not edit.
import type { Validate } from './vocabulary.ts';
`;

export function validators(schema) {
  const ajv = new Ajv2020.default({
    code: { source: true, esm: true },
    allErrors: true,
    verbose: true,
    allowUnionTypes: true,
    strictRequired: false,
  });
  ajv.addVocabulary(['x-expects', 'x-values', 'x-alias-of']);
  ajv.addSchema({ $id: schema.$id, $defs: prune(canonicalDefs(schema)) });
  const code = standalone.default(ajv, {
    validateApp: `${schema.$id}#/$defs/app`,
    validateRoot: `${schema.$id}#/$defs/root`,
  });
  const typed = code
    .replace(/^"use strict";/, '')
    .replaceAll(/export const (validateApp|validateRoot) = (\w+);/g, 'export const $1: Validate = $2;\n')
    .replaceAll(/(?=(?:const (?:schema|func|pattern)|function validate)\d+)/g, '\n');
  if (/\brequire\(/.test(typed))
    throw new Error('A validator needs a helper of ajv, which it must not at run time.');
  return `${HEADER}${typed.trim()}\n`;
}
