/** The apps of an ecosystem: those of the file, those of the files that it includes, each with all its settings. */
import type { Documents, EcosystemFile } from './documents.ts';
import { absolute } from './home-path.ts';
import { inherited, NOTHING, profiled, stack } from './layers.ts';
import type { Layer } from './layers.ts';
import type { Span } from '../diagnostics/positions.ts';
import type { ParseOptions } from './options.ts';
import type { Problems } from '../diagnostics/problems.ts';
import type { RawApp } from './shape.ts';
import { didYouMean } from '../../shared/suggest.ts';
import { entryOf, spanOf } from './nodes.ts';
import type { Entry, Scalar } from './nodes.ts';

/** An app with all its settings merged. */
export interface CollectedApp extends Layer {
  readonly raw: RawApp;
  readonly folder: string;
}

interface Found {
  readonly app: RawApp;
  readonly home: EcosystemFile;
}

export class Collector {
  readonly #documents: Documents;
  readonly #options: ParseOptions;
  readonly #problems: Problems;
  readonly #layers = new Map<RawApp, Layer>();
  readonly #names = new Map<EcosystemFile, ReadonlyMap<string, RawApp>>();

  constructor(documents: Documents, options: ParseOptions, problems: Problems) {
    this.#documents = documents;
    this.#options = options;
    this.#problems = problems;
  }

  /** The apps that run; `above` are the files that lead here, to notice a circle. */
  collect(home: EcosystemFile, above: readonly string[] = []): readonly CollectedApp[] {
    const own = home.apps.flatMap((app) => {
      const layer = profiled(this.#merged({ app, home }), this.#options.envName);
      return layer === null ? [] : [{ ...layer, raw: app, folder: home.folder }];
    });
    const path = [...above, home.file];
    if (above.length > 0) this.#onlyInMain(home);
    const others = included(home).flatMap(({ source, span }) => {
      const file = absolute(home.folder, source, this.#options);
      if (path.includes(file)) {
        const message = `\`include\` leads back to ${file === home.file ? 'this file itself' : file}.`;
        this.#problems.add('CU1702', span, message, 'Remove one of the includes.');
        return [];
      }
      const other = this.#documents.other(file, span);
      return other === null ? [] : this.collect(other, path);
    });
    return [...own, ...others];
  }

  /** What is about the one supervisor that runs all of it. */
  #onlyInMain({ root }: EcosystemFile): void {
    for (const key of ['metrics', 'orphan_timeout']) {
      const entry = root === null ? undefined : entryOf(root, key);
      if (entry === undefined) continue;
      const message = `\`${key}\` has no effect in a file that is included.`;
      this.#problems.add('CU1513', entry.keySpan, message, 'Write it into the file that includes this one.');
    }
  }

  /** Defaults, then what it extends, then its own; the later ones win. Each app is merged once, however long its chain. */
  #merged(app: Found): Layer {
    const way = new Map<RawApp, Found & { readonly own: Layer }>();
    let lower: Layer | null = null;
    for (let next: Found | null = app; next !== null;) {
      lower = this.#layers.get(next.app) ?? null;
      if (lower !== null) break;
      if (way.has(next.app)) {
        this.#reportCircle([...way.values()], next.app);
        break;
      }
      const own = this.#documents.layers.read(next.app.mapping, next.home.folder);
      way.set(next.app, { ...next, own });
      const entry = entryOf(own.mapping, 'extends');
      next = entry === undefined ? null : this.#find(entry, next.home);
    }
    for (const { app, home, own } of [...way.values()].reverse()) {
      lower = lower === null ? alone(home, own) : stack(stack(home.defaults, inherited(lower)), own);
      this.#layers.set(app, lower);
    }
    return lower ?? NOTHING;
  }

  /** @param way ends where it leads back to `first` */
  #reportCircle(way: readonly { readonly app: RawApp; readonly own: Layer }[], first: RawApp): void {
    for (const { own } of way.slice(way.findIndex(({ app }) => app === first))) {
      const entry = entryOf(own.mapping, 'extends');
      if (entry === undefined) continue;
      const message = '`extends` leads back to this app itself.';
      this.#problems.add('CU1702', spanOf(entry), message, 'Let one of the apps extend nothing.');
    }
  }

  /** The app that `extends` names. */
  #find(entry: Entry, home: EcosystemFile): Found | null {
    const { value } = entry;
    if (value.kind === 'scalar') return this.#named(value.source, home, value.span);
    if (value.kind !== 'mapping') return null;
    const [file, app] = [scalar(entryOf(value, 'file')), scalar(entryOf(value, 'app'))];
    if (file === null) return null;
    const path = absolute(home.folder, file.source, this.#options);
    const other = path === home.file ? home : this.#documents.other(path, file.span);
    if (other === null) return null;
    if (app !== null) return this.#named(app.source, other, app.span);
    const [only, ...more] = other.apps;
    if (only !== undefined && more.length === 0) return { app: only, home: other };
    const message = `${path} has ${other.apps.length === 0 ? 'no app' : 'several apps'}.`;
    this.#problems.add('CU1703', file.span, message, 'Name the one that is meant: `extends: { file, app }`.');
    return null;
  }

  #named(name: string, home: EcosystemFile, span: Span): Found | null {
    const apps = this.#byName(home);
    const app = apps.get(name);
    if (app !== undefined) return { app, home };
    const known = [...apps.keys()];
    const all =
      known.length === 0
        ? null
        : `It has ${known
            .slice(0, 8)
            .map((one) => `\`${one}\``)
            .join(', ')}.`;
    const message = `No app of ${home.file} is called \`${name}\`.`;
    this.#problems.add('CU1703', span, message, didYouMean(name, known) ?? all);
    return null;
  }

  /** The apps of a file under all their names; of two with the same name, the first. */
  #byName(home: EcosystemFile): ReadonlyMap<string, RawApp> {
    const known = this.#names.get(home);
    if (known !== undefined) return known;
    const names = new Map<string, RawApp>();
    for (const app of home.apps) for (const name of namesOf(app)) if (!names.has(name)) names.set(name, app);
    this.#names.set(home, names);
    return names;
  }
}

/** Without what it extends, nothing can be said about what it lacks. */
function alone({ defaults }: EcosystemFile, own: Layer): Layer {
  const lost = entryOf(own.mapping, 'extends') === undefined ? [] : ['extends'];
  return stack(defaults, { ...own, broken: new Set([...own.broken, ...lost]) });
}

/** The `name` that is written, and the key in a mapping of apps. */
function namesOf({ mapping, key }: RawApp): readonly string[] {
  const written = scalar(entryOf(mapping, 'name'));
  return [...(written === null ? [] : [written.source]), ...(key === null ? [] : [key.key])];
}

function included({ root }: EcosystemFile): readonly Scalar[] {
  const value = root === null ? undefined : entryOf(root, 'include')?.value;
  if (value === undefined) return [];
  const items = value.kind === 'list' ? value.items : [value];
  return items.filter((item) => item.kind === 'scalar' && item.broken !== true) as readonly Scalar[];
}

function scalar(entry: Entry | undefined): Scalar | null {
  return entry?.value.kind === 'scalar' ? entry.value : null;
}
