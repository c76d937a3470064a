/** What `top` shows, and what of it the keys change. Values: they are replaced, never mutated. */
import type { LogLine, Metrics } from '../../model/control.ts';
import type { AppState, State, WorkerView } from '../../model/state.ts';

export interface Model {
  readonly state: State;
  readonly metrics: Metrics;
  /** Oldest first; as many as may be shown, of the app that `view` asks for. */
  readonly logs: readonly LogLine[];
  readonly view: View;
  /** How long the supervisor has not answered, in ms. */
  readonly silentMs: number;
}

export interface View {
  /** Null is the first row. */
  readonly selected: Selection | null;
  /** The log is that of the selected app only. */
  readonly onlySelected: boolean;
  readonly question: Question | null;
  readonly notice: Notice | null;
}

/** An app, or what runs in one of its slots: a worker's replacement is selected in its place. */
export interface Selection {
  readonly app: string;
  readonly slot: number | null;
}

/** Nothing is done before it was answered. */
export interface Question {
  readonly text: string;
  readonly action: Action;
}

export type Action =
  | { readonly op: 'reload' | 'restart' | 'stop' | 'start'; readonly app: string }
  | { readonly op: 'scale'; readonly app: string; readonly amount: '+1' | '-1' };

export interface Notice {
  readonly level: 'info' | 'bad';
  readonly text: string;
}

export const FIRST_VIEW: View = { selected: null, onlySelected: false, question: null, notice: null };

/** A line of the table: an app, or one of its workers. */
export interface Row {
  readonly app: AppState;
  readonly worker: WorkerView | null;
}

export function rowsOf({ apps }: State): Row[] {
  return apps.flatMap((app) => [{ app, worker: null }, ...app.workers.map((worker) => ({ app, worker }))]);
}

/** Where the selection is among `rows`: on its app where the slot has gone, on the first where the app has. */
export function selectedIndex(rows: readonly Row[], selected: Selection | null): number {
  if (selected === null) return 0;
  const exact = rows.findIndex(
    ({ app, worker }) => app.name === selected.app && (worker?.slot ?? null) === selected.slot,
  );
  if (exact >= 0) return exact;
  return Math.max(
    0,
    rows.findIndex(({ app }) => app.name === selected.app),
  );
}

/** The app that the keys are about; null where there is none at all. */
export function selectedApp(state: State, { selected }: View): AppState | null {
  const rows = rowsOf(state);
  return rows[selectedIndex(rows, selected)]?.app ?? null;
}
