/**
 * Every problem that a file can have. A code never changes its meaning and is never used again.
 * docs/diagnostics.md is generated from these tables, and a test runs every example.
 */
import { FILES } from './codes/other-files.ts';
import type { FilesCode } from './codes/other-files.ts';
import type { CodeInfo } from './codes/code-info.ts';
import { MEANING } from './codes/meaning.ts';
import type { MeaningCode } from './codes/meaning.ts';
import { PROGRAMS } from './codes/programs.ts';
import type { ProgramsCode } from './codes/programs.ts';
import { READING } from './codes/reading.ts';
import type { ReadingCode } from './codes/reading.ts';
import { SHAPE } from './codes/shape-and-keys.ts';
import type { ShapeCode } from './codes/shape-and-keys.ts';
import { ORIGINS } from './codes/origins.ts';
import type { OriginsCode } from './codes/origins.ts';
import { VALUES } from './codes/values.ts';
import type { ValuesCode } from './codes/values.ts';
import { VARIABLES } from './codes/variables-and-selections.ts';
import type { VariablesCode } from './codes/variables-and-selections.ts';
import { YAML } from './codes/yaml.ts';
import type { YamlCode } from './codes/yaml.ts';

export type { CodeInfo };

/** 10: reading the file. 11: YAML. 12: shape and keys. 13: values. 14: variables. 15: meaning. 16: programs. 17: other files. 18: sources. */
export type Code =
  | ReadingCode
  | YamlCode
  | ShapeCode
  | ValuesCode
  | VariablesCode
  | MeaningCode
  | ProgramsCode
  | FilesCode
  | OriginsCode;

export const CODES: Readonly<Record<Code, CodeInfo>> = {
  ...READING,
  ...YAML,
  ...SHAPE,
  ...VALUES,
  ...VARIABLES,
  ...MEANING,
  ...PROGRAMS,
  ...FILES,
  ...ORIGINS,
};
