/** `cluster-up show APP|ID`: everything about one app. */
import type { AppDetails, CodeView, WorkerView } from '../model/state.ts';
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
  const lines = [
    ...factsOf(app).map(([name, value]) => `${name.padEnd(12)}${value}`),
    ...list('workers', app.workers.map(workerLine)),
    ...list('last exits', exitLines(app)),
    ...list('drains', drainLines(app)),
    ...list('log files', app.logFiles.map(fileLine)),
  ];
  return printableLines(`${lines.join('\n')}\n`);
}

function list(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [title, ...lines];
}

function factsOf(app: AppDetails): readonly (readonly [string, string])[] {
  const { process: spec } = app.spec;
  const { rollout, revision, stable } = app;
  return [
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
    ...(app.code === undefined ? [] : [['code', codeLine(app.code)] as const]),
    ['revision', `${revision}${stable === revision ? ', stable' : `, stable is ${stable ?? 'none'}`}`],
    [
      'rollout',
      [rollout.state, ...(rollout.message === null ? [] : [`it ${rollout.message}`])].join(': ') +
        aboutCanary(app),
    ],
  ];
}

function codeLine({ id, from, folder, changed }: CodeView): string {
  const where = {
    link: 'where a link leads',
    source: `the release in ${folder}`,
    files: `the files in ${folder}`,
  }[from];
  return `${id}, ${where}${changed ? '; they have changed since' : ''}`;
}

function workerLine(worker: WorkerView): string {
  const { reason, restarts } = worker;
  return [
    `  ${worker.id} in slot ${worker.slot}: ${worker.status}`,
    ...(worker.pid === null ? [] : [`pid ${worker.pid}`]),
    ...(worker.code === undefined ? [] : [`code ${worker.code}`]),
    ...(worker.uptimeMs === null ? [] : [`up ${age(worker.uptimeMs)}`]),
    ...(worker.memory === null ? [] : [bytes(worker.memory)]),
    `restarts ${restarts}`,
    ...(reason === null ? [] : [restarts === 0 ? reason : `last one ${reason}`]),
  ].join(', ');
}

/** Newest first. What the newest said is shown in full; --json has it of all. */
function exitLines({ exits }: AppDetails): readonly string[] {
  return [...exits]
    .reverse()
    .flatMap((exit, i) => [
      `  ${age(exit.agoMs)} ago slot ${exit.slot} (pid ${exit.pid ?? '-'}) ${exit.reason ?? exitText(exit)}`,
      ...(i === 0 ? exit.stderr : []).map((line) => `    ${line}`),
    ]);
}

function drainLines({ drains }: AppDetails): readonly string[] {
  if (drains.retired.length === 0) return [];
  return [
    `  last rollout: ${ledgerText(drains.rollout)}`,
    `  in all: ${ledgerText(drains.total)}`,
    ...drains.retired.flatMap(({ id, slot, ledger }) => {
      const cutOff = ledger === null ? null : cutOffText(ledger);
      return [
        `  ${id} in slot ${slot}: ${ledger === null ? 'unknown, it did not answer' : ledgerText(ledger)}`,
        ...(cutOff === null ? [] : [`    cut off ${cutOff}`]),
      ];
    }),
  ];
}

function fileLine({ path, failing, lost }: AppDetails['logFiles'][number]): string {
  return failing === null ? `  ${path}` : `  ${path}: ${failing}, ${count(lost, 'line')} lost`;
}
