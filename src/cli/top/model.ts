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

/** An app, or one of its workers. */
export interface Selection {
  readonly app: string;
  readonly worker: { readonly id: number; readonly slot: number } | null;
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

/**
 * Where the selection is among `rows`. A worker that has gone is followed by whoever has its slot, then by its app; an
 * app that has gone, by the first row.
 */
export function selectedIndex(rows: readonly Row[], selected: Selection | null): number {
  if (selected === null) return 0;
  const { app: name, worker: wanted } = selected;
  const find = (matches: (row: Row) => boolean): number =>
    rows.findIndex((row) => row.app.name === name && matches(row));
  const candidates = [
    find(({ worker }) => wanted !== null && worker?.id === wanted.id),
    find(({ worker }) => wanted !== null && worker?.slot === wanted.slot),
    find(({ worker }) => worker === null),
  ];
  return candidates.find((index) => index >= 0) ?? 0;
}

/** The app that the keys are about; null where there is none at all. */
export function selectedApp(state: State, { selected }: View): AppState | null {
  const rows = rowsOf(state);
  return rows[selectedIndex(rows, selected)]?.app ?? null;
}
