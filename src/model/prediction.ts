/** What an edit would change, before anything is done. */

/** What a change does: replace the workers, change their number, or take effect while they run. */
export type Effect = 'roll' | 'scale' | 'live';

export interface Change {
  /** As the file writes it: `env.PORT`, `rollout.max_surge`. */
  readonly path: string;
  readonly effect: Effect;
  /** 1-based line in the new file; null where the field is not written there. */
  readonly line: number | null;
  /** Ids of code, where that is what differs. */
  readonly values?: { readonly from: string; readonly to: string };
}

/** What happens to one app. `roll` replaces its workers, `scale` only changes their number. */
export interface Prediction {
  readonly app: string;
  readonly effect: 'none' | 'add' | 'remove' | Effect;
  /** The fields that differ; empty where the app is added, removed or the same. */
  readonly changes: readonly Change[];
  /** Its number of workers before and after; null where there is no such app. */
  readonly from: number | null;
  readonly to: number | null;
  /** How far the app is, or how it will get there, where that is worth a word: `canary 1 of 4, goes on in 25 s`. */
  readonly note?: string;
  /** What keeps it from being as the file asks since somebody asked for it by hand, and how to go on. */
  readonly byHand?: string;
}
