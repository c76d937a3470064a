/** The whole screen as lines of text. Pure. */
import path from 'node:path';
import type { LogLine } from '../../model/control.ts';
import type { AppState, State } from '../../model/state.ts';
import { rejectionText } from '../../model/text.ts';
import { age, bytes } from '../render-state.ts';
import { STATUS_COLOR, type Style } from '../style.ts';
import { BLOCKED, DELAY, layout, STATUS, type Column } from './columns.ts';
import { rowsOf, selectedApp, selectedIndex, type Model, type Row, type View } from './model.ts';
import { cut, fit, widthOf } from './cell-text.ts';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** A supervisor that has not answered for this long, in ms, is said not to. */
const SILENCE = 3000;
const HELP = [
  'q quit',
  'r reload',
  'R restart',
  's stop/start',
  '+/- scale',
  'l log of one app',
  'j/k select',
];

/** Exactly as many lines as the screen has, none wider than it. */
export function render(model: Model, size: Size, style: Style): string[] {
  const { state, view } = model;
  const width = Math.max(0, size.columns);
  const rows = rowsOf(state);
  const above = [header(model, width, style), ...rejected(state, width, style)];
  const room = size.rows - above.length - 4;
  const tableHeight = Math.min(Math.max(1, rows.length), room - Math.min(5, Math.floor(room / 3)));
  const lines = [
    ...above,
    ...table(model, rows, width, tableHeight, style),
    detail(rows[selectedIndex(rows, view.selected)], width, style),
    ruler(logTitle(state, view), width, style),
    ...log(model.logs, width, room - tableHeight, style),
  ];
  // On a screen too small for all of it, the top and the line of the keys are what is left.
  const shown = lines.slice(0, Math.max(0, size.rows - 1));
  while (shown.length < size.rows - 1) shown.push('');
  return [...shown, footer(view, width, style)].slice(0, Math.max(0, size.rows));
}

function header({ state, silentMs }: Model, width: number, style: Style): string {
  const { supervisor } = state;
  const usage = `cpu ${Math.round(supervisor.cpu * 100)}%  ${bytes(supervisor.memory)}`;
  const file = path.basename(state.ecosystem);
  const [color, verdict] =
    silentMs >= SILENCE
      ? (['red', `no answer for ${age(silentMs)}`] as const)
      : state.converged
        ? (['green', 'converged'] as const)
        : (['yellow', 'not converged'] as const);
  const left = widthOf(file) + 2 + widthOf(verdict);
  const variants = [`supervisor pid ${supervisor.pid}  ${usage}  up ${age(supervisor.uptimeMs)}`, usage];
  const right = variants.find((text) => width - widthOf(text) - 2 >= Math.min(left, 30)) ?? '';
  const room = right === '' ? width : width - widthOf(right) - 2;
  const name = cut(file, Math.max(0, room - widthOf(verdict) - 2));
  const said = cut(verdict, Math.max(0, room - widthOf(name) - 2));
  const gap = ' '.repeat(Math.max(0, width - widthOf(name) - 2 - widthOf(said) - widthOf(right)));
  return width < 2 ? '' : `${style('bold', name)}  ${style(color, said)}${right === '' ? '' : gap + right}`;
}

function rejected({ config, ecosystem }: State, width: number, style: Style): string[] {
  if (config.error === null) return [];
  return [style('red', cut(rejectionText(ecosystem, config.error), width))];
}

/** The titles and `height` rows around the selected one. */
function table(model: Model, rows: readonly Row[], width: number, height: number, style: Style): string[] {
  const { columns, nameWidth } = layout(width);
  const title = (text: string, at: Column): string => fit(text, at.width, at.isText !== true);
  const titles = [fit('  Name', nameWidth), ...columns.map((column) => title(column.title, column))].join(
    ' ',
  );
  if (rows.length === 0) return [style('bold', titles), cut('  no apps', width)];
  const selected = selectedIndex(rows, model.view.selected);
  const first = Math.max(0, Math.min(selected - Math.floor(height / 2), rows.length - height));
  const lines = rows.slice(first, first + Math.max(0, height)).map((row, i) => {
    const isSelected = first + i === selected;
    const name = `${isSelected ? '>' : ' '} ${row.worker === null ? row.app.name : `  :${row.worker.slot}`}`;
    const cells = columns.map((column) => tableCell(row, column, model, style));
    const label = fit(name, nameWidth);
    const line = [row.worker === null ? style('bold', label) : label, ...cells].join(' ');
    return isSelected ? style('inverse', line) : line;
  });
  return [style('bold', titles), ...lines];
}

function tableCell(row: Row, column: Column, { metrics }: Model, style: Style): string {
  const text = column.cell(row, metrics);
  const cell = fit(text, column.width, column.isText !== true);
  if (column.title === STATUS) return style(STATUS_COLOR[(row.worker ?? row.app).status], cell);
  return column.title === DELAY && text.startsWith(BLOCKED) ? style('red', cell) : cell;
}

/** What the table has no room for, of the selected row. */
function detail(row: Row | undefined, width: number, style: Style): string {
  if (row === undefined) return '';
  const { app, worker } = row;
  if (worker === null) return style('dim', cut(aboutApp(app), width));
  const about = `${app.name}:${worker.slot}  id ${worker.id}  pid ${worker.pid ?? '-'}  revision ${worker.revision}`;
  return style('dim', cut(worker.reason === null ? about : `${about}  last: ${worker.reason}`, width));
}

function aboutApp({ name, version, mode, rollout }: AppState): string {
  const about = `${name}${version === null ? '' : ` ${version}`}  ${mode}  revision ${rollout.to} ${rollout.state}`;
  return rollout.message === null ? about : `${about}: it ${rollout.message}`;
}

function logTitle(state: State, view: View): string {
  const app = view.onlySelected ? selectedApp(state, view) : null;
  return app === null ? 'log' : `log of ${app.name}`;
}

function ruler(title: string, width: number, style: Style): string {
  const text = cut(`── ${title} `, width);
  return style('dim', text + '─'.repeat(Math.max(0, width - widthOf(text))));
}

/** The last lines, each after the name of its worker. */
function log(all: readonly LogLine[], width: number, height: number, style: Style): string[] {
  const lines = height > 0 ? all.slice(-height) : [];
  const labels = lines.map(({ app, slot }) => `${app}:${slot}`);
  const labelWidth = Math.min(Math.floor(width / 4), Math.max(0, ...labels.map(widthOf)));
  const room = Math.max(0, width - labelWidth - 3);
  return lines.map(({ stream, text }, i) => {
    const label = `${fit(labels[i] ?? '', labelWidth)} | `;
    return style(stream === 'err' ? 'red' : 'cyan', cut(label, width)) + cut(text, room);
  });
}

/** The question, what was done last, or what the keys do. */
function footer({ question, notice }: View, width: number, style: Style): string {
  if (question !== null) {
    const [text, keys] = [question.text, ' y/n'];
    return style(['bold', 'yellow'], cut(text, Math.max(0, width - keys.length)) + cut(keys, width));
  }
  if (notice !== null) return style(notice.level === 'bad' ? 'red' : 'cyan', cut(notice.text, width));
  let help = '';
  for (const hint of HELP) {
    const longer = help === '' ? hint : `${help}  ${hint}`;
    if (longer.length > width) break;
    help = longer;
  }
  return style('dim', help);
}
