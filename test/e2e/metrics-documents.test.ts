/** The dashboard and the documented queries, held against a page from under load. */
import { readFileSync } from 'node:fs';
import { parser } from '@prometheus-io/lezer-promql';
import { expect, test } from 'vitest';
import { get, load } from './support/client.ts';
import { scrape, type Exposed } from './support/exposition.ts';
import { freePort } from './support/ports.ts';
import { web } from './support/web.ts';

interface Selector {
  readonly metric: string;
  readonly labels: readonly string[];
  /** What a label is compared with, where it is with one value. */
  readonly values: readonly (readonly [label: string, value: string])[];
}
interface Dashboard {
  readonly panels: readonly { title: string; targets: readonly { expr: string; legendFormat: string }[] }[];
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

/** Added by whoever scrapes. */
const TARGET = ['instance', 'job'];

const dashboard = JSON.parse(readFileSync('docs/grafana-dashboard.json', 'utf8')) as Dashboard;
const panels = dashboard.panels.flatMap(({ title, targets }) =>
  targets.map(({ expr, legendFormat }) => [title, expr, legendFormat] as const),
);
const text = readFileSync('docs/metrics.md', 'utf8');
const documented = Array.from(text.matchAll(/```promql\n([^]*?)```/g), ([, query = '']) =>
  query.trim().split('\n\n'),
).flat();

/** What Grafana puts in the place of its own variables. */
function filledIn(expr: string): string {
  return expr.replaceAll('$__rate_interval', '5m');
}

/** @throws Error with the place of the first mistake */
function selectorsOf(query: string): { selectors: Selector[]; grouped: string[] } {
  const selectors: { metric: string; labels: string[]; values: [string, string][] }[] = [];
  const grouped: string[] = [];
  let label = '';
  let operator = '';
  parser.parse(query).iterate({
    enter: ({ name, from, to, type, node }) => {
      const part = query.slice(from, to);
      const isMatcher = node.parent?.name === 'UnquotedLabelMatcher';
      if (type.isError) throw new Error(`not PromQL at ${from}: ${query}`);
      if (name === 'Identifier') selectors.push({ metric: part, labels: [], values: [] });
      else if (name === 'LabelName' && !isMatcher) grouped.push(part);
      else if (name === 'LabelName') selectors.at(-1)?.labels.push((label = part));
      else if (name === 'MatchOp') operator = part;
      else if (name === 'StringLiteral' && operator === '=')
        selectors.at(-1)?.values.push([label, part.slice(1, -1)]);
    },
  });
  return { selectors, grouped };
}

/** What is wrong with a query for somebody who has this page; none if it shows something. */
function problemsOf(page: Exposed, query: string, legend: string): string[] {
  const { selectors, grouped } = selectorsOf(filledIn(query));
  const problems = selectors.flatMap(({ metric, labels, values }) => {
    const samples = page.samples.filter(({ name }) => name === metric);
    if (samples.length === 0) return [`${metric} is not exposed`];
    const lacking = labels.filter((label) => !samples.every((sample) => label in sample.labels));
    const unmet = values.filter(
      ([label, value]) => !samples.some((sample) => sample.labels[label] === value),
    );
    return [...lacking.map((label) => `${metric} has no ${label}`), ...unmet.map(String)];
  });
  const shown = Array.from(legend.matchAll(/\{\{(\w+)\}\}/g), ([, label = '']) => label);
  for (const label of [...grouped, ...shown]) {
    const has = selectors.some(({ metric }) =>
      page.samples.some((sample) => sample.name === metric && label in sample.labels),
    );
    if (!has && !TARGET.includes(label)) problems.push(`nothing has ${label}`);
  }
  if (selectors.length === 0) problems.push('it asks for nothing');
  return problems;
}

test('what the dashboard and the documentation ask for is exposed', async () => {
  const page = await pageUnderLoad();
  expect(panels.length).toBeGreaterThan(20);
  expect(documented.length).toBeGreaterThan(4);
  const queries = [...panels, ...documented.map((query) => ['docs/metrics.md', query, ''] as const)];
  const problems = queries.flatMap(([title, query, legend]) =>
    problemsOf(page, query, legend).map((problem) => `${title}: ${problem} in ${query}`),
  );
  expect(problems).toEqual([]);

  const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
  expect(variables.length).toBe(2);
  for (const query of variables) {
    const [, metric = '', label = ''] = /^label_values\((\w+)(?:\{.*\})?, (\w+)\)$/.exec(query) ?? [];
    expect(
      page.samples.some(({ name, labels }) => name === metric && label in labels),
      query,
    ).toBe(true);
  }

  // Every metric is documented, ours with their labels.
  const rows = new Map(
    Array.from(text.matchAll(/^\| `(cluster_up_\w+)` +\| \w+ +\| ([^|]*)\|/gm), ([, name, labels = '']) => [
      name,
      Array.from(labels.matchAll(/`(\w+)`/g), ([, label]) => label),
    ]),
  );
  expect([...page.types.keys()].filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
  for (const name of page.types.keys()) {
    if (!name.startsWith('cluster_up_')) continue;
    const sample = page.samples.find((one) => one.name === name || one.name === `${name}_bucket`);
    expect(rows.get(name), name).toEqual(Object.keys(sample?.labels ?? {}));
  }
});

async function pageUnderLoad(): Promise<Exposed> {
  const at = await freePort();
  const { port, supervisor } = await web((file) => `metrics: { port: ${at} }\n${file}`);
  await supervisor.line(/metrics on http/);
  const clients = await load(port);
  await get(port, '/status?code=503');
  await clients.more(300);
  const page = await scrape(at);
  await clients.stop();
  expect(page.sum('cluster_up_http_requests_total')).toBeGreaterThan(300);
  return page;
}

test('a query that is wrong is found out', () => {
  expect(() => selectorsOf('sum(rate(a[5m])')).toThrow('not PromQL');
  expect(selectorsOf('sum by (x) (rate(a{b="c",d!="e"}[5m]))')).toEqual({
    selectors: [{ metric: 'a', labels: ['b', 'd'], values: [['b', 'c']] }],
    grouped: ['x'],
  });
});
