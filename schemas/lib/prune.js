// The schema without what its readers do not need.

const NOTES = [
  'description',
  'examples',
  'default',
  'deprecated',
  'title',
  'x-section',
  'x-ignored',
  'x-pm2',
  'propertyNames',
];

/** A copy of a schema without the keywords in `dropped`; names of properties are left alone. */
export function prune(schema, dropped = NOTES) {
  if (Array.isArray(schema)) return schema.map((item) => prune(item, dropped));
  if (schema === null || typeof schema !== 'object') return schema;
  const kept = Object.entries(schema).filter(([key]) => !dropped.includes(key));
  return Object.fromEntries(
    kept.map(([key, value]) => {
      const named = key === 'properties' || key === 'patternProperties' || key === '$defs';
      return [key, named ? mapValues(value, (part) => prune(part, dropped)) : prune(value, dropped)];
    }),
  );
}

const PROFILE = {
  type: ['object', 'boolean'],
  if: { type: 'boolean' },
  then: { const: false, 'x-expects': 'a mapping of settings, or false' },
  'x-expects': 'a mapping of settings, or false',
};

/** The definitions as the code sees the data: every key in its one spelling, apps left out of the root. */
export function canonicalDefs(schema) {
  const defs = structuredClone(schema.$defs);
  for (const name of ['app', 'root']) {
    const kept = Object.entries(defs[name].properties).filter(([, property]) => !property['x-alias-of']);
    defs[name].properties = Object.fromEntries(kept);
  }
  for (const definition of Object.values(defs)) {
    const kept = Object.entries(definition.patternProperties ?? {}).filter(
      ([, pattern]) => !pattern['x-alias-of'],
    );
    if (kept.length === 0) delete definition.patternProperties;
    else definition.patternProperties = Object.fromEntries(kept);
  }
  delete defs.apps;
  defs.root.properties.apps = true;
  // Both hold settings of apps, which are checked one layer at a time before they are merged.
  defs.root.properties.defaults = { type: 'object', 'x-expects': 'a mapping of settings' };
  defs.app.properties.profiles = { ...defs.app.properties.profiles, additionalProperties: PROFILE };
  return defs;
}

export function mapValues(object, change) {
  return Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value, key)]));
}
