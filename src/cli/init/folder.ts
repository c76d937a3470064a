/** What `init` reads of a folder; whatever is missing or broken is as if it were not there. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { atOnce } from '../../files/calls.ts';
import { readBounded } from '../../files/read.ts';

/** Nothing that is looked into is larger; a bundle need not be read. */
const MAX_SIZE = 512 * 1024;

export interface Manifest {
  readonly name?: unknown;
  readonly main?: unknown;
  readonly bin?: unknown;
  readonly scripts?: Readonly<Record<string, unknown>>;
  readonly dependencies?: Readonly<Record<string, unknown>>;
  readonly devDependencies?: Readonly<Record<string, unknown>>;
}

export class Folder {
  readonly path: string;
  readonly manifest: Manifest | null;

  constructor(folder: string) {
    this.path = path.resolve(folder);
    this.manifest = parseManifest(this.text('package.json'));
  }

  /** The text of a file in it, or null. */
  text(name: string): string | null {
    try {
      return Buffer.from(atOnce(readBounded(path.resolve(this.path, name), MAX_SIZE))).toString();
    } catch {
      return null;
    }
  }

  isFile(name: string): boolean {
    return statSync(path.resolve(this.path, name), { throwIfNoEntry: false })?.isFile() === true;
  }

  /** The name of the package, else that of the folder. */
  get name(): string {
    const name = this.manifest?.name;
    const own = typeof name === 'string' ? (name.split('/').at(-1) ?? '') : path.basename(this.path);
    return (
      own
        .replace(/[^\w.-]+/g, '-')
        .replace(/^[-.]+|-+$/g, '')
        .slice(0, 64) || 'app'
    );
  }

  /** A script of package.json. */
  run(name: string): string | null {
    const line = this.manifest?.scripts?.[name];
    return typeof line === 'string' && line.trim() !== '' ? line.trim() : null;
  }

  dependsOn(name: string): boolean {
    const { dependencies = {}, devDependencies = {} } = this.manifest ?? {};
    return Object.hasOwn(dependencies, name) || Object.hasOwn(devDependencies, name);
  }
}

function parseManifest(text: string | null): Manifest | null {
  try {
    const manifest: unknown = JSON.parse(text ?? '');
    if (typeof manifest !== 'object' || manifest === null) return null;
    const { name, main, bin, scripts, dependencies, devDependencies } = manifest as Record<string, unknown>;
    return {
      name,
      main,
      bin,
      scripts: objectOf(scripts),
      dependencies: objectOf(dependencies),
      devDependencies: objectOf(devDependencies),
    };
  } catch {
    return null;
  }
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
