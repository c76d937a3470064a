/** Reading a page of metrics in Prometheus' text format, as strictly as Prometheus does. */
import { get } from './client.ts';

export interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposed {
  readonly text: string;
  /** By the name of the metric. */
  readonly types: ReadonlyMap<string, string>;
  readonly samples: readonly Sample[];
  /** The sum of all samples of this name that have these labels; NaN if there is none. */
  readonly sum: (name: string, labels?: Readonly<Record<string, string>>) => number;
}

const SAMPLE = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\["\\n])*)"(?:,|$)/y;

export async function scrape(port: number): Promise<Exposed> {
  const { status, body, headers } = await get(port, '/metrics');
  if (status !== 200) throw new Error(`status ${status}: ${body}`);
  if (headers['content-type'] !== 'text/plain; version=0.0.4; charset=utf-8')
    throw new Error(`content type ${String(headers['content-type'])}`);
  return parse(body);
}

/** @throws Error where Prometheus would refuse the page */
export function parse(text: string): Exposed {
  const types = new Map<string, string>();
  const samples: Sample[] = [];
  const seen = new Set<string>();
  if (!text.endsWith('\n')) throw new Error('the last line does not end');
  for (const line of text.split('\n').filter((one) => one !== '')) {
    const [, type, kind] = /^# TYPE (\S+) (counter|gauge|histogram|summary)$/.exec(line) ?? [];
    if (type !== undefined && kind !== undefined) {
      if (types.has(type)) throw new Error(`two types: ${line}`);
      types.set(type, kind);
    } else if (!/^# HELP \S+ ./.test(line)) {
      const sample = sampleOf(line);
      const key = line.slice(0, line.lastIndexOf(' '));
      if (seen.has(key)) throw new Error(`twice: ${line}`);
      seen.add(key);
      if (!types.has(sample.name) && !types.has(sample.name.replace(/_(bucket|sum|count)$/, '')))
        throw new Error(`no type: ${line}`);
      samples.push(sample);
    }
  }
  return { text, types, samples, sum: (name, labels = {}) => sum(samples, name, labels) };
}

function sampleOf(line: string): Sample {
  const [, name, inner = '', value = ''] = SAMPLE.exec(line) ?? [];
  const isNumber = /^nan$/i.test(value) || !Number.isNaN(Number(value.replace('+Inf', 'Infinity')));
  if (name === undefined || !isNumber) throw new Error(`no sample: ${line}`);
  const labels: Record<string, string> = {};
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < inner.length) {
    const [, label, text] = LABEL.exec(inner) ?? [];
    if (label === undefined || text === undefined) throw new Error(`bad labels: ${line}`);
    labels[label] = text;
  }
  return { name, labels, value: Number(value) };
}

function sum(samples: readonly Sample[], name: string, labels: Readonly<Record<string, string>>): number {
  const found = samples.filter(
    (sample) =>
      sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
  );
  return found.length === 0 ? NaN : found.reduce((total, { value }) => total + value, 0);
}
