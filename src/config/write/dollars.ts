/**
 * Dollar signs in a file that is written: where it has a `${`, that begins a variable, and `$$` is one dollar; where it has
 * none, each stands for itself, as with PM2.
 */

/** Data in which every dollar means itself. */
export function literal(data: unknown): unknown {
  return JSON.stringify(data).includes('${') ? mapped(data) : data;
}

export function escaped(text: string): string {
  return text.replace(/\$(?=[{$])/g, '$$$$');
}

function mapped(data: unknown): unknown {
  if (typeof data === 'string') return escaped(data);
  if (Array.isArray(data)) return data.map(mapped);
  if (data === null || typeof data !== 'object') return data;
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, mapped(value)]));
}
