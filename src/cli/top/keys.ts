/** What a key does. Pure: the view after it, and what is to be done. */
import type { AppState, State } from '../../model/state.ts';
import { rowsOf, selectedApp, selectedIndex, type Action, type Question, type View } from './model.ts';

/** A key as node:readline tells it. */
export interface Key {
  readonly name?: string | undefined;
  readonly sequence?: string | undefined;
  readonly ctrl?: boolean | undefined;
}

export type Effect = { readonly type: 'quit' } | { readonly type: 'act'; readonly action: Action };

export interface Pressed {
  readonly view: View;
  readonly effect: Effect | null;
}

/** Rows down, by the name or the character of the key. */
const MOVES: Readonly<Record<string, number>> = {
  up: -1,
  k: -1,
  down: 1,
  j: 1,
  pageup: -10,
  pagedown: 10,
  home: -Infinity,
  g: -Infinity,
  end: Infinity,
  G: Infinity,
};

export function press(key: Key, view: View, state: State): Pressed {
  const quit = { view, effect: { type: 'quit' } } as const;
  if (key.ctrl === true) return key.name === 'c' ? quit : { view, effect: null };
  const name = nameOf(key);
  if (view.question !== null) return answer(name, view, view.question);
  const calm: View = { ...view, notice: null };
  if (name === 'q') return quit;
  if (name === 'l') return { view: { ...calm, onlySelected: !view.onlySelected }, effect: null };
  const by = MOVES[name];
  if (by !== undefined) return { view: move(calm, state, by), effect: null };
  const app = selectedApp(state, view);
  return { view: app === null ? calm : { ...calm, ...ask(name, app) }, effect: null };
}

/** Letters differ by case; keys without a character, such as the arrows, have only a name. */
function nameOf({ name = '', sequence = '' }: Key): string {
  return sequence.length === 1 && sequence > ' ' ? sequence : name;
}

/** Only `y` is a yes. */
function answer(name: string, view: View, { action }: Question): Pressed {
  const effect: Effect | null = name === 'y' || name === 'Y' ? { type: 'act', action } : null;
  return { view: { ...view, question: null }, effect };
}

function move(view: View, state: State, by: number): View {
  const rows = rowsOf(state);
  const to = Math.min(Math.max(0, selectedIndex(rows, view.selected) + by), rows.length - 1);
  const row = rows[to];
  if (row === undefined) return view;
  const { app, worker } = row;
  return {
    ...view,
    selected: { app: app.name, worker: worker === null ? null : { id: worker.id, slot: worker.slot } },
  };
}

function ask(name: string, app: AppState): Partial<View> {
  const question = (text: string, action: Action): Partial<View> => ({ question: { text, action } });
  const { name: of, desired } = app;
  switch (name) {
    case 'r':
      return question(`reload ${of}, one worker after the other?`, { op: 'reload', app: of });
    case 'R':
      return question(`restart ${of}, all workers at once?`, { op: 'restart', app: of });
    case 's':
      return isStopped(app)
        ? question(`start ${of}?`, { op: 'start', app: of })
        : question(`stop ${of}?`, { op: 'stop', app: of });
    case '+':
    case '-':
      return scale(name, of, desired);
    default:
      return {};
  }
}

/** An app that was stopped by hand wants no worker, so how many it has in the file is not known here. */
function scale(sign: '+' | '-', app: string, desired: number): Partial<View> {
  if (desired === 0) {
    const text = `${app} wants no worker now: start it first, or use cluster-up scale`;
    return { notice: { level: 'bad', text } };
  }
  const to = sign === '+' ? desired + 1 : desired - 1;
  const text = `scale ${app} from ${desired} to ${to}, in the file?`;
  return { question: { text, action: { op: 'scale', app, amount: `${sign}1` } } };
}

function isStopped({ desired }: AppState): boolean {
  return desired === 0;
}
