/** Generated files of every layout: after an edit only the number differs, and only that app's count. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editCount } from '../../../src/config/edit/edit-count.ts';
import { parse } from '../helpers.ts';
import { runs } from '../../runs.ts';

const RUNS = runs(100, 500);

/** How one app is written; `@` marks its count, which is left out where `count` is null. */
interface Written {
  readonly name: string;
  readonly count: string | null;
  readonly style: 'block' | 'braces' | 'json';
  readonly quote: '' | '"' | "'";
  readonly comment: string;
  readonly anchor: boolean;
  readonly countFirst: boolean;
  readonly env: boolean;
}

interface File {
  readonly apps: readonly Written[];
  readonly shape: 'list' | 'map' | 'pm2' | 'bare';
  readonly json: boolean;
  readonly crlf: boolean;
  readonly bom: boolean;
  readonly endsInLine: boolean;
  readonly indent: number;
  readonly heading: string;
}

const comment = fc.constantFrom(
  '',
  ' # a comment',
  ' # instances: 9',
  ' # "4" is ${N} of *n & {more}',
  ' # ünïcödé 🙂',
);

const written: fc.Arbitrary<Omit<Written, 'name'>> = fc.record({
  count: fc.option(
    fc.oneof(fc.integer({ min: 1, max: 40 }).map(String), fc.constantFrom('max', '0', '-1', '+2')),
    { freq: 4 },
  ),
  style: fc.constantFrom('block', 'block', 'braces', 'json'),
  quote: fc.constantFrom('', '', '"', "'"),
  comment,
  anchor: fc.boolean(),
  countFirst: fc.boolean(),
  env: fc.boolean(),
});

const file: fc.Arbitrary<File> = fc.record({
  apps: fc
    .array(written, { minLength: 1, maxLength: 4 })
    .map((apps) => apps.map((app, i) => ({ ...app, name: `app${i}` }))),
  shape: fc.constantFrom('list', 'map', 'pm2', 'bare'),
  json: fc.boolean(),
  crlf: fc.boolean(),
  bom: fc.boolean(),
  endsInLine: fc.boolean(),
  indent: fc.integer({ min: 1, max: 6 }),
  heading: fc.constantFrom('', '# heading\n\n', '---\n', 'x-own: &own { instances: 3 }\n'),
});

/** The file with the count of app number `target` replaced by `@`. */
function render(spec: File, target: number): string {
  const body = spec.json ? renderJson(spec, target) : renderYaml(spec, target);
  const ended = spec.endsInLine ? body.trimEnd() : body;
  // The yaml library counts the mark as a column, which a list in the first line does not survive.
  const bom = spec.bom && !body.startsWith('- ');
  return `${bom ? '\uFEFF' : ''}${spec.crlf ? ended.replaceAll('\n', '\r\n') : ended}`;
}

function members(app: Written, isTarget: boolean): [string, string][] {
  const count: [string, string][] = app.count === null ? [] : [['instances', isTarget ? '@' : app.count]];
  const rest: [string, string][] = [
    ['name', app.name],
    ['script', `./${app.name}.js`],
  ];
  const env: [string, string][] = app.env ? [['max_restarts', '3']] : [];
  return app.countFirst ? [...count, ...rest, ...env] : [...rest, ...count, ...env];
}

function renderYaml({ apps, shape, indent, heading }: File, target: number): string {
  const pad = ' '.repeat(indent);
  const lines = apps.flatMap((app, i) => {
    const pairs = members(app, i === target);
    const anchor = app.anchor ? `&a${i} ` : '';
    const before = shape === 'bare' ? '' : pad;
    const start = shape === 'map' ? `${before}${app.name}: ` : `${before}- `;
    if (app.style !== 'block') return [`${start}${anchor}${inBraces(pairs, app)}${app.comment}`];
    const inner = `${before}${shape === 'map' ? '  ' : '  '}`;
    const block = pairs.map(
      ([key, value]) =>
        `${inner}${key}: ${key === 'instances' ? quoted(value, app.quote) : value}${app.comment}`,
    );
    if (shape === 'map' || anchor !== '') return [`${start}${anchor}`.trimEnd() + app.comment, ...block];
    return [start + (block[0] ?? '').trimStart(), ...block.slice(1)];
  });
  const root = shape === 'bare' ? [] : [shape === 'pm2' ? 'pm2:' : 'apps:'];
  const head = shape === 'bare' && heading.startsWith('x-') ? '' : heading;
  return `${head}${[...root, ...lines].join('\n')}\n`;
}

function inBraces(pairs: [string, string][], { style, quote }: Written): string {
  const key = (text: string): string => (style === 'json' ? `"${text}"` : text);
  const value = (name: string, text: string): string =>
    name === 'instances' ? quoted(text, quote) : style === 'json' && !/^\d+$/.test(text) ? `"${text}"` : text;
  return `{ ${pairs.map(([name, text]) => `${key(name)}: ${value(name, text)}`).join(', ')} }`;
}

function renderJson({ apps, shape, indent }: File, target: number): string {
  const pad = ' '.repeat(indent);
  const items = apps.map((app, i) => {
    const pairs = members(app, i === target).map(([name, text]) => {
      const isNumber =
        name === 'max_restarts' || (name === 'instances' && /^(@|-?\d+)$/.test(text) && app.quote === '');
      return `"${name}": ${isNumber ? text : `"${text}"`}`;
    });
    const note = app.comment === '' ? '' : ` /*${app.comment}*/`;
    const lines =
      app.style === 'block'
        ? `{\n${pairs.map((pair) => `${pad}${pad}${pair}`).join(`,${note}\n`)}\n${pad}}`
        : `{${pairs.join(',')}}`;
    return shape === 'map' ? `"${app.name}": ${lines}` : lines;
  });
  const [open, close] = shape === 'map' ? '{}' : '[]';
  const all = `${open}\n${pad}${items.join(`,\n${pad}`)}\n${close}`;
  return shape === 'bare' ? `${all}\n` : `{\n"${shape === 'pm2' ? 'pm2' : 'apps'}": ${all}\n}\n`;
}

function quoted(text: string, quote: string): string {
  return quote + text + quote;
}

const CORES = 8;

function resolved(count: string | null): number {
  const number = count === null ? 1 : count === 'max' ? 0 : Number(count);
  return number > 0 ? number : Math.max(1, CORES + number);
}

test(`${RUNS} generated files differ in the number alone`, () => {
  fc.assert(
    fc.property(file, fc.nat(), fc.integer({ min: 1, max: 1000 }), (spec, n, wanted) => {
      const target = n % spec.apps.length;
      const app = spec.apps[target];
      if (app === undefined) return;
      const pattern = render(spec, target);
      const before = pattern.replace('@', quotedInJson(spec, app));
      const from = resolved(app.count);
      const result = editCount(before, app.name, { by: wanted - from }, CORES, { file: nameOf(spec) });
      if ('error' in result) throw new Error(`${result.error}\n${before}`);
      expect(result).toMatchObject({ from, to: wanted });
      if (app.count === null) expectInsertion(before, result.text, wanted);
      else expect(result.text).toBe(pattern.replace('@', inJson(spec, app, String(wanted))));
      expectSameApps(spec, before, result.text, `${app.name} ${wanted}`);
    }),
    { numRuns: RUNS, seed: 20_260_102 },
  );
}, 60_000);

/** Words are quoted in JSON, and stay so. */
function inJson({ json }: File, { count, quote }: Written, text: string): string {
  return json && quote === '' && /^[a-z+]/.test(count ?? '') ? `"${text}"` : text;
}

function quotedInJson(spec: File, app: Written): string {
  return inJson(spec, app, app.count ?? '');
}

/** What was inserted is one member, and nothing else moved. */
function expectInsertion(before: string, after: string, wanted: number): void {
  if (wanted === 1) return expect(after).toBe(before);
  let same = 0;
  while (before[same] === after[same]) same += 1;
  const inserted = after.length - before.length;
  const candidates = Array.from({ length: inserted + 1 }, (_, i) => Math.max(0, same - i));
  const at = candidates.find((from) => after.slice(0, from) + after.slice(from + inserted) === before);
  expect(at).toBeDefined();
  expect(after.slice(at, (at ?? 0) + inserted)).toMatch(/instances/);
}

function expectSameApps(spec: File, before: string, after: string, changed: string): void {
  const options = { missingScript: 'warning', cores: CORES } as const;
  const apps = (text: string): string[] => {
    const { desired, diagnostics } = parse(text, options, nameOf(spec));
    if (desired === null) throw new Error(`${JSON.stringify(diagnostics)}\n${text}`);
    return desired.apps.map((app) => `${app.name} ${app.instances}`);
  };
  const [name = ''] = changed.split(' ');
  expect(apps(after)).toEqual(apps(before).map((line) => (line.startsWith(`${name} `) ? changed : line)));
}

function nameOf({ json }: File): string {
  return json ? '/srv/ecosystem.json' : '/srv/ecosystem.yml';
}
