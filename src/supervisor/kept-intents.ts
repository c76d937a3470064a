/**
 * What is kept of what people asked for by hand, should this supervisor die: what is stopped or started, and that
 * something was rolled back. Of the latter not to what: that has the values of its environment, and secrets are never
 * written down. Pure.
 */
import type { Line } from '../model/notice.ts';
import type { AppSpec } from '../model/spec.ts';
import { NO_INTENT, stoppedText, type Intent, type Intents } from './intents.ts';

export interface KeptIntent {
  /** As of `Intent`. */
  readonly stopped?: boolean;
  /** Revisions. */
  readonly rollback?: { readonly from: string; readonly to: string };
}

/** By app. */
export type KeptIntents = ReadonlyMap<string, KeptIntent>;

const FORMAT = 1;
/** They are printed, so nobody else's text is taken for one. */
const REVISION = /^[\w-]{1,64}$/;

export function keptOf(intents: Intents): KeptIntents {
  const kept = [...intents].map(([app, { stopped, rollback }]) => {
    const held = rollback === null ? {} : { rollback: { from: rollback.from, to: rollback.spec.revision } };
    return [app, { ...(stopped === null ? {} : { stopped }), ...held }] as const;
  });
  return new Map(kept.filter(([, of]) => Object.keys(of).length > 0));
}

/** What holds on for the apps that the file asks for, and what is to be said of it. */
export function resumed(kept: KeptIntents, specs: readonly AppSpec[]): { intents: Intents; lines: Line[] } {
  const intents = new Map<string, Intent>();
  const lines: Line[] = [];
  for (const spec of specs) {
    const { stopped, rollback } = kept.get(spec.name) ?? {};
    if (stopped !== undefined) intents.set(spec.name, { ...NO_INTENT, stopped });
    const isStopped = stopped ?? !spec.autostart;
    if (isStopped === spec.autostart) lines.push({ level: 'info', text: asBeforeText(spec.name, isStopped) });
    if (rollback?.from === spec.revision)
      lines.push({ level: 'bad', text: forgottenText(spec.name, rollback.to, isStopped) });
  }
  return { intents, lines };
}

function asBeforeText(app: string, isStopped: boolean): string {
  if (isStopped) return `${app} ${stoppedText(app, ', as before')}`;
  return `${app} is started by hand, as before; \`cluster-up stop ${app}\` stops it`;
}

function forgottenText(app: string, to: string, isStopped: boolean): string {
  const verb = isStopped ? 'would run' : 'runs';
  return `${app} was held at ${to} by \`rollback\`; the supervisor died, so it ${verb} what the file asks for`;
}

/** @param file the ecosystem file that it is about */
export function formatKept(file: string, kept: KeptIntents): string {
  return `${JSON.stringify({ format: FORMAT, file, apps: Object.fromEntries(kept) })}\n`;
}

/** @throws Error whose message is one clause, where that is none of this file's that is known here */
export function parseKept(text: string, file: string): KeptIntents {
  const all = recordOf(parsed(text));
  const apps = recordOf(all?.['apps']);
  if (all === null || apps === null) throw new Error('it is none of cluster-up');
  if (all['format'] !== FORMAT) throw new Error('another version of cluster-up has written it');
  if (all['file'] !== file) throw new Error('it is about another ecosystem file');
  return new Map(Object.entries(apps).map(([app, of]) => [app, intentOf(of)]));
}

function intentOf(value: unknown): KeptIntent {
  const { stopped, rollback } = recordOf(value) ?? {};
  const { from, to } = recordOf(rollback) ?? {};
  return {
    ...(typeof stopped === 'boolean' ? { stopped } : {}),
    ...(isRevision(from) && isRevision(to) ? { rollback: { from, to } } : {}),
  };
}

function isRevision(value: unknown): value is string {
  return typeof value === 'string' && REVISION.test(value);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error('it is broken');
  }
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> | null {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : null;
}
