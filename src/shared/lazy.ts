/** Modules that few files need: loaded when the first one does, since every command would pay for them. */
import type * as ChildProcess from 'node:child_process';
import { createRequire } from 'node:module';
import type * as Croner from 'croner';
import type * as Dotenv from 'dotenv';
import type * as Semver from 'semver';

const require = createRequire(import.meta.url);

/** A process that lives on has them from its start: they may be gone, or others, when the first file needs them. */
export function loadAll(): void {
  for (const load of [childProcess, croner, dotenv, semver]) load();
}

export function childProcess(): typeof ChildProcess {
  return require('node:child_process') as typeof ChildProcess;
}

export function croner(): typeof Croner {
  return require('croner') as typeof Croner;
}

export function dotenv(): typeof Dotenv {
  return require('dotenv') as typeof Dotenv;
}

export function semver(): typeof Semver {
  return require('semver') as typeof Semver;
}
