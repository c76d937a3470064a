/** `cluster-up show APP|ID`: everything about one app. */
import type { AppDetails } from '../model/state.ts';
import { count, cutOffText, exitText, ledgerText } from '../model/text.ts';
import { jsonText, printableLines } from './printable.ts';
import { aboutCanary, age, bytes } from './render-state.ts';
import { withSupervisor, type RemoteFlags } from './remote.ts';

export function show(target: string, flags: RemoteFlags & { readonly json: boolean }): Promise<number> {
  return withSupervisor(flags, async (client) => {
    const details = await client.call('show', { target });
    process.stdout.write(flags.json ? `${jsonText(details, 2)}\n` : renderDetails(details));
    return 0;
  });
}

/** For people, in lines of any width: paths are not cut. */
export function renderDetails(app: AppDetails): string {
  const { process: spec } = app.spec;
  const { rollout } = app;
  const facts: [string, string][] = [
    ['name', app.name],
    ['status', `${app.status}, ${app.ready} of ${app.desired} workers ready`],
    ['version', app.version ?? '-'],
    ['mode', app.mode],
    ['script', [spec.script, ...spec.args].join(' ')],
    ['interpreter', [spec.interpreter ?? 'none', ...spec.interpreterArgs].join(' ')],
    ['cwd', spec.cwd],
    ['env', Object.keys(spec.env).join(', ') || '-'],
    ['listens on', app.addresses.join(', ') || '-'],
    ['balance', spec.balance],
    [
      'revision',
      `${app.revision}${app.stable === app.revision ? ', stable' : `, stable is ${app.stable ?? 'none'}`}`,
    ],
    [
      'rollout',
      [rollout.state, ...(rollout.message === null ? [] : [`it ${rollout.message}`])].join(': ') +
        aboutCanary(app),
    ],
  ];
  const workers = app.workers.map((w) =>
    [
      `  ${w.id} in slot ${w.slot}: ${w.status}`,
      ...(w.pid === null ? [] : [`pid ${w.pid}`]),
      ...(w.uptimeMs === null ? [] : [`up ${age(w.uptimeMs)}`]),
      ...(w.memory === null ? [] : [bytes(w.memory)]),
      `restarts ${w.restarts}`,
      ...(w.reason === null ? [] : [w.restarts === 0 ? w.reason : `last one ${w.reason}`]),
    ].join(', '),
  );
  // What the newest said is shown in full; --json has it of all.
  const exits = [...app.exits]
    .reverse()
    .flatMap((exit, i) => [
      `  ${age(exit.agoMs)} ago slot ${exit.slot} (pid ${exit.pid ?? '-'}) ${exit.reason ?? exitText(exit)}`,
      ...(i === 0 ? exit.stderr : []).map((line) => `    ${line}`),
    ]);
  const retired = app.drains.retired.flatMap(({ id, slot, ledger }) => {
    const cutOff = ledger === null ? null : cutOffText(ledger);
    return [
      `  ${id} in slot ${slot}: ${ledger === null ? 'unknown, it did not answer' : ledgerText(ledger)}`,
      ...(cutOff === null ? [] : [`    cut off ${cutOff}`]),
    ];
  });
  const drained =
    retired.length === 0
      ? []
      : [
          `  last rollout: ${ledgerText(app.drains.rollout)}`,
          `  in all: ${ledgerText(app.drains.total)}`,
          ...retired,
        ];
  const files = app.logFiles.map(({ path, failing, lost }) =>
    failing === null ? `  ${path}` : `  ${path}: ${failing}, ${count(lost, 'line')} lost`,
  );
  const list = (title: string, lines: readonly string[]): string[] =>
    lines.length === 0 ? [] : [title, ...lines];
  return printableLines(
    [
      ...facts.map(([name, value]) => `${name.padEnd(12)}${value}`),
      ...list('workers', workers),
      ...list('last exits', exits),
      ...list('drains', drained),
      ...list('log files', files),
    ].join('\n') + '\n',
  );
}
