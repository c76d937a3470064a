/** A temporary copy of a fixture, so that a test can edit its files. */
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { freePort } from './ports.ts';
import { root } from './runtimes.ts';

export interface Scene {
  readonly folder: string;
  /** The ecosystem file. */
  readonly file: string;
  readonly path: (name: string) => string;
  readonly read: (name?: string) => string;
  /** Writes in place. */
  readonly write: (text: string, name?: string) => void;
  /** Changes the ecosystem file as an editor does that writes a new file and renames it over the old one. */
  readonly edit: (change: (text: string) => string) => void;
  /** Puts a free port in the place of `written` in the ecosystem file. */
  readonly port: (written: number) => Promise<number>;
}

/** @param fixture a folder of `fixtures`; without it the folder is empty. */
export function scene(fixture?: string): Scene {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'cluster-up-e2e-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  if (fixture !== undefined) cpSync(path.join(root, 'fixtures', fixture), folder, { recursive: true });
  const file = path.join(folder, 'ecosystem.yml');
  const at = (name: string): string => path.join(folder, name);
  const read = (name = 'ecosystem.yml'): string => readFileSync(at(name), 'utf8');
  const write = (text: string, name = 'ecosystem.yml'): void => writeFileSync(at(name), text);
  const edit = (change: (text: string) => string): void => {
    const before = read();
    const after = change(before);
    if (after === before) throw new Error('the edit changed nothing');
    write(after, 'ecosystem.yml.new');
    renameSync(at('ecosystem.yml.new'), file);
  };
  const port = async (written: number): Promise<number> => {
    const free = await freePort();
    edit((text) => text.replaceAll(String(written), String(free)));
    return free;
  };
  return { folder, file, path: at, read, write, edit, port };
}
