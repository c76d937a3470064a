/** Warnings about keys that are accepted but do not do what their author may expect. */
import { isDeepStrictEqual } from 'node:util';
import { APP_KEYS, BLOCK_KEYS, ROOT_KEYS } from '../schema/keys.generated.ts';
import { canonicalKey, environmentOf } from './canonical-keys.ts';
import type { KeyTable } from '../schema/vocabulary.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { Problems } from '../diagnostics/problems.ts';
import { toPlain } from './nodes.ts';
import type { Entry, Mapping } from './nodes.ts';

/** Lower-case names that are settings of an app, yet also common names of variables. */
const ALSO_VARIABLES: ReadonlySet<string> = new Set([
  'name',
  'port',
  'time',
  'env',
  'user',
  'uid',
  'gid',
  'log',
]);

/** Notes on all apps of a file: the same key is told once, however many apps have it. */
export class Notes {
  readonly #problems: Problems;
  readonly #seen = new Map<string, { span: Span; apps: number; ignored: string; key: string }>();

  constructor(problems: Problems) {
    this.#problems = problems;
  }

  /** Notes of one app, its keys in their one spelling. */
  app(app: Mapping): void {
    this.#level(app, APP_KEYS, '');
    for (const { key, value } of app.entries) {
      const isEnv = key === 'env' || environmentOf(key) !== null;
      if (isEnv && value.kind === 'mapping') for (const entry of value.entries) this.#misplaced(entry, key);
    }
  }

  root(root: Mapping): void {
    this.#level(root, ROOT_KEYS, '');
  }

  /** Reports what was noted. */
  flush(): void {
    for (const { key, span, apps, ignored } of this.#seen.values()) {
      const others = apps > 1 ? ` (in ${apps} apps)` : '';
      this.#problems.add(
        'CU1210',
        span,
        `\`${key}\` of PM2 has no meaning here${others}.`,
        `${sentence(ignored)}.`,
      );
    }
  }

  #level(mapping: Mapping, table: KeyTable, prefix: string): void {
    for (const { key, keySpan, value } of mapping.entries) {
      const info = table.get(key);
      if (info === undefined) continue;
      const { ignored } = info;
      // Whoever asks for what happens anyway, such as `watch: false`, misses nothing.
      if (ignored !== undefined && !isDeepStrictEqual(toPlain(value), info.default))
        this.#note(prefix + key, keySpan, ignored);
      const block = info.block === undefined ? undefined : BLOCK_KEYS.get(info.block);
      if (block !== undefined && ignored === undefined && value.kind === 'mapping')
        this.#level(value, block, `${prefix}${key}.`);
    }
  }

  #note(key: string, span: Span, ignored: string): void {
    const seen = this.#seen.get(key);
    if (seen === undefined) this.#seen.set(key, { key, span, ignored, apps: 1 });
    else seen.apps += 1;
  }

  #misplaced({ key, keySpan }: Entry, env: string): void {
    const canonical =
      key === key.toUpperCase() || ALSO_VARIABLES.has(key) ? null : canonicalKey(key, APP_KEYS);
    if (canonical === null) return;
    const message = `\`${key}\` inside of \`${env}\` sets a variable, not the app's \`${canonical}\`.`;
    this.#problems.add('CU1209', keySpan, message, `Move it one level up, beside \`${env}\`.`);
  }
}

function sentence(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
