/** A release as `releases --json` shows it: stable, for scripts. */
export interface ReleaseView {
  /** First 8 hex digits of `version`; what `rollback APP ID` takes. */
  readonly id: string;
  /** The whole commit, or the SHA-256 of the archive, or of what is in the folder. */
  readonly version: string;
  /** The branch, tag or archive that it was prepared from; null where it has no name. */
  readonly label: string | null;
  readonly folder: string;
  /** In ISO 8601. */
  readonly preparedAt: string;
  /** Workers of the app run it. */
  readonly runs: boolean;
  /** It is the one of the app's stable revision. */
  readonly stable: boolean;
}
