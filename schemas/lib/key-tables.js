// The keys of each level with what the code must know of them besides their schema.

const HEADER = `// Generated from schemas/ecosystem.schema.json by schemas/generate.js. Do not edit.
import type { KeyInfo, KeyTable } from './vocabulary.ts';
`;

export function keyTables(schema) {
  const { app, root, rollout, log_rotation, health_check, metrics, source } = schema.$defs;
  const blocks = { rollout, log_rotation, health_check, metrics, source };
  const tables = Object.entries(blocks).map(([name, block]) => `  ['${name}', ${table(schema, block)}],\n`);
  return `${HEADER}
export const APP_KEYS: KeyTable = ${table(schema, app)};

export const ROOT_KEYS: KeyTable = ${table(schema, root)};

export const BLOCK_KEYS: ReadonlyMap<string, KeyTable> = new Map([
${tables.join('')}]);
`;
}

function table(schema, { properties }) {
  const rows = Object.entries(properties).map(
    ([key, property]) => `  [${JSON.stringify(key)}, ${JSON.stringify(info(schema, property))}],\n`,
  );
  return `new Map<string, KeyInfo>([\n${rows.join('')}])`;
}

function info(schema, property) {
  if (property['x-alias-of']) return { alias: property['x-alias-of'] };
  const target = property.$ref?.split('/').at(-1);
  const { type } = { ...schema.$defs[target], ...property };
  return {
    ...(property['x-ignored'] && { ignored: property['x-ignored'] }),
    ...('default' in property && { default: property.default }),
    ...([type].flat().includes('integer') && { numeric: true }),
    ...(['rollout', 'log_rotation', 'health_check', 'metrics', 'source'].includes(target) && {
      block: target,
    }),
  };
}
