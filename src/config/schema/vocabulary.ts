/** What the generated files of this folder are made of: tables of keys, and validators. */

/** What the schema says of a key; generated from its `x-` annotations. */
export interface KeyInfo {
  /** The key that this one is another spelling of. */
  readonly alias?: string;
  /** Why it has no meaning here. */
  readonly ignored?: string;
  readonly default?: unknown;
  /** Takes numbers, so that `"4"` is one. */
  readonly numeric?: boolean;
  /** The block whose keys its mapping holds. */
  readonly block?: string;
}

export type KeyTable = ReadonlyMap<string, KeyInfo>;

/** What a precompiled validator answers. */
export interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly params: { readonly additionalProperty?: string };
  /** The schema that refused the value, with its annotations. */
  readonly parentSchema: {
    readonly 'x-expects'?: string;
    readonly 'x-values'?: readonly string[];
    readonly enum?: readonly string[];
    readonly properties?: Readonly<Record<string, unknown>>;
  };
}

export interface Validate {
  (data: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}
