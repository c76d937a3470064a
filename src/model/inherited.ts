/** The environment that a shell brings, and what of it an app's processes inherit. */

/** The variables of whoever asks, by name. */
export type ShellEnvironment = Readonly<Record<string, string>>;

/** What differs from the supervisor's own environment, by name; null is a variable that is missing. */
export type Inherited = Readonly<Record<string, string | null>>;
