// TypeScript types of the validated data.
import { compile } from 'json-schema-to-typescript';
import { canonicalDefs } from './prune.js';

const bannerComment = '// Generated from schemas/ecosystem.schema.json by schemas/generate.js. Do not edit.';

export async function types(schema) {
  const defs = canonicalDefs(schema);
  for (const name of ['app', 'root']) {
    // Only data that passed the validator has these types, so patterns and ignored keys are left out.
    delete defs[name].patternProperties;
    const kept = Object.entries(defs[name].properties).filter(([, property]) => !property['x-ignored']);
    defs[name].properties = Object.fromEntries(kept);
  }
  delete defs.root.properties.apps;
  const whole = { ...defs.app, title: 'App', $defs: defs };
  const options = {
    bannerComment,
    additionalProperties: false,
    declareExternallyReferenced: true,
    style: { singleQuote: true, printWidth: 110 },
  };
  return compile(whole, 'App', options);
}
