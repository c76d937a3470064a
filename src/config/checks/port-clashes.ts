/** Ports that there are not, or that two apps, two workers of one app in fork mode, or an app and `metrics` would both open. */
import { declaredPorts, HIGHEST_PORT, type PortRange } from '../../model/ports.ts';
import { spanIn } from '../resolve/context.ts';
import { instead } from '../resolve/instead.ts';
import { isNode } from '../resolve/interpreter.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { Problems } from '../diagnostics/problems.ts';
import type { NamedPort } from '../resolve/root-settings.ts';
import type { CheckedApp } from '../resolve/context.ts';

interface Ports extends PortRange {
  readonly app: CheckedApp;
}

/** @param metrics where the file names the port of the metrics page; null where it does not */
export function checkPorts(apps: readonly CheckedApp[], metrics: NamedPort | null, problems: Problems): void {
  const ports = apps.flatMap((app): Ports[] => {
    const range = declaredPorts(app.spec);
    return range === null ? [] : [{ app, ...range }];
  });
  for (const app of apps) checkRange(app, problems);
  const owners = new Map<number, Ports>();
  for (const mine of ports) {
    checkFork(mine, problems);
    if (metrics !== null && metrics.port >= mine.first && metrics.port <= mine.last)
      reportMetrics(metrics, mine.app, problems);
    for (let port = mine.first; port <= mine.last; port++) {
      const other = owners.get(port);
      if (other === undefined) owners.set(port, mine);
      else {
        reportClash(port, mine, other, problems);
        break;
      }
    }
  }
}

/** `listen` throws there, whatever else the variable may be for. */
function checkRange(app: CheckedApp, problems: Problems): void {
  const { process, instances } = app.spec;
  const text = process.env['PORT'] ?? '';
  const more = process.incrementVar === 'PORT' ? Math.max(0, instances - 1) : 0;
  if (!/^\d+$/.test(text) || Number(text) + more <= HIGHEST_PORT) return;
  const which =
    Number(text) > HIGHEST_PORT
      ? `\`PORT\` is ${text}`
      : `\`PORT\` is up to ${Number(text) + more} for ${instances} workers`;
  problems.add(
    'CU1523',
    portSpan(app),
    `${which}, and the highest port is ${HIGHEST_PORT}.`,
    'Give it a lower port.',
  );
}

function reportMetrics({ port, span }: NamedPort, app: CheckedApp, problems: Problems): void {
  const place = problems.place(portSpan(app).start, span.start);
  const message = `Port ${port} is taken by the app \`${app.spec.name}\` as well, on ${place}.`;
  problems.add('CU1508', span, message, 'Give `metrics` a port of its own.');
}

function reportClash(port: number, mine: Ports, other: Ports, problems: Problems): void {
  const [span, otherSpan] = [portSpan(mine.app), portSpan(other.app)];
  const place = problems.place(otherSpan.start, span.start);
  const message = `Port ${port} is taken by the app \`${other.app.spec.name}\` as well, on ${place}.`;
  problems.add('CU1508', span, message, 'Give each app a port of its own.');
}

/** Where the port that counts is written. */
function portSpan({ context }: CheckedApp): Span {
  const ways = [[`env_${context.options.envName ?? ''}`, 'PORT'], ['env', 'PORT'], ['port']];
  const { span } = context;
  const spans = ways.map(([key = '', ...rest]) => ({
    written: has(context.app as Readonly<Record<string, unknown>>, key, rest[0]),
    span: spanIn(context, key, ...rest),
  }));
  return spans.find(({ written }) => written)?.span ?? span;
}

function has(app: Readonly<Record<string, unknown>>, key: string, inner: string | undefined): boolean {
  const value = app[key];
  if (inner === undefined) return value !== undefined;
  return value !== null && typeof value === 'object' && inner in value;
}

/** Nobody shares a socket in fork mode. */
function checkFork({ app, first, last }: Ports, problems: Problems): void {
  const { spec } = app;
  if (spec.process.mode !== 'fork' || spec.instances < 2 || last > first) return;
  const message = `${spec.instances} workers in fork mode would all open port ${first}.`;
  const { process } = spec;
  const hint = isNode(process.interpreter)
    ? 'Write `exec_mode: cluster`, or give each its own port with `increment_var: PORT`.'
    : `${instead(process, process.cwd, app.context.options.files) ?? 'Only what Node runs can share it.'} Or give each its own port with \`increment_var: PORT\`.`;
  problems.add('CU1514', portSpan(app), message, hint);
}
