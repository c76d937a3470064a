/** Fifty good files, made by code: really different in shape, style and content, and each has a place for every fault. */

/** A small generator of numbers (mulberry32): the same files in every run. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed;
  }

  below(limit: number): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)] as T;
  }

  shuffled<T>(items: readonly T[]): T[] {
    return items
      .map((item) => ({ item, at: this.below(1 << 30) }))
      .sort((a, b) => a.at - b.at)
      .map(({ item }) => item);
  }
}

export interface GoodFile {
  readonly name: string;
  readonly text: string;
  readonly json: boolean;
}

type Plain = string | number | boolean;
type Value = Plain | readonly Plain[] | Readonly<Record<string, Plain>>;

interface App extends Readonly<Record<string, Value>> {
  readonly name: string;
}

const SHAPES = [
  'list',
  'named',
  'pm2',
  'bare list',
  'one app',
  'defaults',
  'anchors',
  'json',
  'json list',
] as const;
type Shape = (typeof SHAPES)[number];

const NAMES = ['api', 'web', 'mailer', 'billing-api', 'queue', 'chat_server', 'admin', 'worker-2'];
const SCRIPTS = ['server.js', './server.js', './worker.mjs', './src/app.cjs'];
const COMMENTS = ['# what runs', '# asked for by the team: do not touch', '# - not: an app', '#'];

export const GOOD: readonly GoodFile[] = Array.from({ length: 50 }, (_, i) => make(i));

function make(i: number): GoodFile {
  const random = new Random(i * 7919 + 13);
  const shape = SHAPES[i % SHAPES.length] ?? 'list';
  const count = shape === 'one app' ? 1 : 2 + random.below(4);
  const names = random.shuffled(NAMES).slice(0, count);
  const apps = names.map((name, at) => app(name, at, random));
  const json = shape.startsWith('json');
  const text = json ? jsonOf(shape, apps, random) : yamlOf(shape, apps, random);
  return {
    name: `${i} (${shape})`,
    text: random.below(6) === 0 ? text.replaceAll('\n', '\r\n') : text,
    json,
  };
}

/** The fields that faults look for are in every app; the others come and go. */
function app(name: string, at: number, random: Random): App {
  const always: [string, Value][] = [
    ['script', random.pick(SCRIPTS)],
    ['instances', random.pick<Value>([1, 2, 4, 'max', -1])],
    ['exec_mode', 'cluster'],
    ['kill_timeout', random.pick<Value>([3000, '5s', '1500ms'])],
    ['autorestart', true],
    ['args', random.pick<Value>([['--verbose', 15], ['serve'], ['a b', 'c']])],
    [
      'env',
      {
        LOG_LEVEL: random.pick(['debug', 'info']),
        PORT: 3000 + at,
        ...(random.below(2) === 0 ? { TZ: 'UTC' } : {}),
      },
    ],
    [
      'rollout',
      { max_surge: random.pick<Plain>([1, 2, '50%']), deadline: random.pick<Plain>(['90s', 120_000]) },
    ],
  ];
  const sometimes: [string, Value][] = [
    ['cwd', '.'],
    ['node_args', '--trace-warnings'],
    ['env_production', { LOG_LEVEL: 'warn' }],
    ['balance', 'round-robin'],
    ['ready', 'listening'],
    ['kill_signal', 'SIGTERM'],
    ['max_restarts', 10],
    ['stop_exit_codes', [0, 143]],
    ['drain_timeout', '20s'],
    ['instance_var', 'SLOT'],
  ];
  const chosen = sometimes.filter(() => random.below(3) === 0);
  return { name, ...Object.fromEntries(random.shuffled([...always, ...chosen])) };
}

function jsonOf(shape: Shape, apps: readonly App[], random: Random): string {
  return `${JSON.stringify(shape === 'json' ? { apps } : apps, null, random.pick([2, 4]))}\n`;
}

function yamlOf(shape: Shape, apps: readonly App[], random: Random): string {
  const style = { step: random.pick([2, 4]), quotes: random.pick(['', '', "'", '"']), random };
  const list = (indent: number): string[] => apps.flatMap((fields) => item(fields, indent, style));
  const head = random.below(2) === 0 ? [random.pick(COMMENTS)] : [];
  const lines = (): string[] => {
    switch (shape) {
      case 'named':
        return [
          'apps:',
          ...apps.flatMap(({ name, ...rest }) => [
            `${' '.repeat(style.step)}${name}:`,
            ...block(rest, style.step * 2, style),
          ]),
        ];
      case 'pm2':
        return ['pm2:', ...list(style.step)];
      case 'bare list':
        return list(0);
      case 'one app':
        return apps.flatMap((fields) => block(fields, 0, style));
      case 'defaults':
        return ['defaults:', '  drain_timeout: 15s', 'apps:', ...list(style.step)];
      case 'anchors':
        return [
          'x-common: &common',
          '  min_uptime: 2s',
          'apps:',
          ...list(2).map((line) => line.replace(/^( *)(autorestart: true)$/, '$1$2\n$1<<: *common')),
        ];
      default:
        return ['apps:', ...list(random.pick([0, style.step]))];
    }
  };
  return `${[...head, ...lines()].join('\n')}\n`;
}

interface Style {
  readonly step: number;
  readonly quotes: string;
  readonly random: Random;
}

function item(fields: Readonly<Record<string, Value>>, indent: number, style: Style): string[] {
  const [first = '', ...rest] = block(fields, indent + 2, style);
  return [`${' '.repeat(indent)}- ${first.trimStart()}`, ...rest];
}

/** `env`, `rollout` and `args` are written over several lines in some places and in brackets in others. */
function block(fields: Readonly<Record<string, Value>>, indent: number, style: Style): string[] {
  const pad = ' '.repeat(indent);
  return Object.entries(fields).flatMap(([key, value]) => {
    const comment = style.random.below(12) === 0 ? `${pad}${style.random.pick(COMMENTS)}` : null;
    const lines =
      typeof value === 'object'
        ? nested(key, value, indent, style)
        : [`${pad}${key}: ${scalar(value, style)}`];
    return comment === null || lines.length === 0 ? lines : [...lines, comment];
  });
}

function nested(key: string, value: Value, indent: number, style: Style): string[] {
  const pad = ' '.repeat(indent);
  if (Array.isArray(value))
    return [`${pad}${key}: [${(value as readonly Plain[]).map((one) => JSON.stringify(one)).join(', ')}]`];
  const inner = Object.entries(value as Record<string, Plain>);
  if (key === 'env_production')
    return [`${pad}${key}: { ${inner.map(([name, one]) => `${name}: ${String(one)}`).join(', ')} }`];
  const deeper = ' '.repeat(indent + style.step);
  return [`${pad}${key}:`, ...inner.map(([name, one]) => `${deeper}${name}: ${String(one)}`)];
}

function scalar(value: Plain, { quotes }: Style): string {
  return typeof value === 'string' ? `${quotes}${value}${quotes}` : String(value);
}
