/** Keys that mean nothing in the mode that was chosen, or without another key. */
import { spanIn } from '../resolve/context.ts';
import { isNode } from '../resolve/interpreter.ts';
import type { App } from '../schema/schema-types.generated.ts';
import { entryOf } from '../read/nodes.ts';
import type { CheckedApp } from '../resolve/context.ts';

interface Rule {
  readonly keys: readonly (keyof App)[];
  /** Whether the keys are without effect. */
  readonly when: (app: App, checked: CheckedApp) => boolean;
  readonly why: string;
  readonly hint: string;
}

const isFork = ({ spec }: CheckedApp): boolean => spec.process.mode === 'fork';

const RULES: readonly Rule[] = [
  {
    keys: ['health_check', 'event_loop_timeout'],
    when: (_app, checked) => isFork(checked),
    why: 'only workers in cluster mode can be asked',
    hint: 'Remove it, or write `exec_mode: cluster`.',
  },
  {
    keys: ['health_check'],
    when: ({ health_check }, checked) => !isFork(checked) && health_check?.http === undefined,
    why: 'it names no path',
    hint: 'Add `http: /healthz`, or the path that your app has for it.',
  },
  {
    keys: ['ready'],
    when: ({ ready }, checked) => isFork(checked) && typeof ready === 'object',
    why: 'only workers in cluster mode can be probed, so this one is ready once it has been alive for `min_uptime`',
    hint: 'Write `ready: started` or `ready: message`, or `exec_mode: cluster`.',
  },
  {
    keys: ['balance'],
    when: ({ balance }, { spec }) => spec.process.mode === 'fork' && balance !== 'auto',
    why: 'workers in fork mode share no sockets',
    hint: 'Remove it, or write `exec_mode: cluster`.',
  },
  {
    keys: ['min_uptime', 'max_restarts', 'restart_delay', 'exp_backoff_restart_delay', 'stop_exit_codes'],
    when: ({ autorestart }) => autorestart === false,
    why: '`autorestart: false` restarts nothing',
    hint: 'Remove one of the two.',
  },
  {
    keys: ['watch'],
    when: ({ source, watch }) => source !== undefined && watch !== undefined && watch !== false,
    why: 'the app runs a release of its `source`, which does not change',
    hint: 'Remove it; `source.poll` follows a branch.',
  },
  {
    keys: ['watch_delay', 'watch_options'],
    when: ({ watch }) => watch === undefined || watch === false,
    why: 'the app does not `watch`',
    hint: 'Add `watch: true`, or remove it.',
  },
  {
    keys: ['cron_timezone'],
    when: ({ cron_restart }) => cron_restart === undefined || String(cron_restart) === '0',
    why: 'the app has no `cron_restart`',
    hint: 'Add `cron_restart`, or remove it.',
  },
  {
    keys: ['kill_signal'],
    when: ({ shutdown_with_message }) => shutdown_with_message === true,
    why: '`shutdown_with_message` sends a message instead of a signal',
    hint: 'Remove one of the two.',
  },
  {
    keys: ['wait_ready'],
    when: ({ wait_ready }, checked) =>
      wait_ready === true && (checked.spec.process.shell || !isNode(checked.spec.process.interpreter)),
    why: 'only a Node script can send the message `ready`',
    hint: 'Write `ready: started`.',
  },
  {
    keys: ['listen_timeout'],
    when: (_app, { spec }) => spec.ready === 'started',
    why: '`ready: started` waits for nothing',
    hint: 'Remove it.',
  },
];

export function checkEffects(checked: CheckedApp): void {
  const { context } = checked;
  for (const { keys, when, why, hint } of RULES) {
    if (!when(context.app, checked)) continue;
    for (const key of keys) {
      if (entryOf(context.mapping, key) === undefined) continue;
      context.problems.add('CU1513', spanIn(context, key), `\`${key}\` has no effect: ${why}.`, hint);
    }
  }
  for (const key of Object.keys(context.app.watch_options ?? {})) {
    if (key === 'usePolling' || key === 'interval') continue;
    const message = `\`watch_options.${key}\` has no effect: only \`usePolling\` and \`interval\` have.`;
    context.problems.add('CU1513', spanIn(context, 'watch_options', key), message, 'Remove it.');
  }
}
