/** What runs in the process of its own. As text, so that it needs no file beside it, whatever runs us. */

/** How a variable is marked: no config writes this by itself. */
// eslint-disable-next-line no-control-regex, @typescript-eslint/no-inferrable-types -- control characters are the mark; declarations need the type
export const MARK: RegExp = /\u0001([A-Za-z_]\w*)\u0002/g;

export const CHILD: string = String.raw`
import { writeSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const [file, variables] = process.argv.slice(1);
// Node itself looks at these while it loads a file.
const own = ['WATCH_REPORT_DEPENDENCIES', 'NODE_V8_COVERAGE', 'NODE_CHANNEL_FD', 'NODE_UNIQUE_ID', 'NODE_DEBUG'];
const isTheirs = (name) => typeof name === 'string' && /^[A-Za-z_]\w*$/.test(name) && !own.includes(name);
const read = new Set();
const lost = [];
process.env = new Proxy({}, {
  get(target, name) {
    if (!isTheirs(name)) return undefined;
    read.add(name);
    return name in target ? target[name] : variables === 'marked' ? '\u0001' + name + '\u0002' : undefined;
  },
  has(target, name) {
    if (!isTheirs(name)) return false;
    read.add(name);
    return name in target || variables === 'marked';
  },
});

const plain = (value, path, above) => {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'function' || typeof value === 'symbol' || above.includes(value)) {
    lost.push(path);
    return undefined;
  }
  if (value instanceof RegExp || value instanceof Date) return String(value);
  if (Array.isArray(value)) return value.map((item, i) => plain(item, path + '[' + i + ']', [...above, value]) ?? null);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, item]) => [key, plain(item, path === '' ? key : path + '.' + key, [...above, value])]);
  return Object.fromEntries(entries.filter(([, item]) => item !== undefined));
};

const loaded = await import(pathToFileURL(file).href);
const exported = await (loaded.default ?? { ...loaded });
const value = plain(exported, '', []);
const answer = JSON.stringify({ value, read: [...read].sort(), lost });
if (value !== undefined) for (let rest = Buffer.from(answer); rest.length > 0; ) rest = rest.subarray(writeSync(3, rest));
process.exit(0);
`;
