/** How it stands with the release of an app's `source`, where that is not simply what the app runs. */
export type Preparation =
  /** It is looked for, fetched or built: one clause, of the app. */
  | { readonly state: 'preparing'; readonly message: string }
  /** There is none, or none that is known to be what is asked for: why, and one clause of the app; and what the program that failed said last. */
  | { readonly state: 'failed'; readonly message: string; readonly last: readonly string[] };
