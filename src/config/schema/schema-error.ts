/** What the precompiled validators answer. */

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
