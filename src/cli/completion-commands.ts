/** What the command line has, read off commander's own description of it, so that completion cannot drift. */
import type { Argument, Command, Option } from 'commander';

/** What may stand in a place. */
export type Kind =
  | { readonly kind: 'apps'; /** `all` is one too. */ readonly all: boolean }
  | { readonly kind: 'files' }
  | { readonly kind: 'words'; readonly words: readonly string[] }
  /** Anything: a number, a date. */
  | { readonly kind: 'any' };

export interface Flag {
  /** `-f` and `--file`. */
  readonly names: readonly string[];
  readonly description: string;
  /** Null for one that takes no value. */
  readonly value: Kind | null;
}

export interface Place {
  readonly name: string;
  readonly value: Kind;
  readonly isRepeated: boolean;
}

export interface CommandInfo {
  /** The name, then its aliases. */
  readonly names: readonly string[];
  readonly description: string;
  readonly flags: readonly Flag[];
  readonly places: readonly Place[];
}

export interface ProgramInfo {
  readonly commands: readonly CommandInfo[];
  /** Flags before any command: the program's own and those of the command that is meant where none is named. */
  readonly flags: readonly Flag[];
  readonly fallback: CommandInfo;
}

/** Commander keeps to itself which command is the default one. */
const DEFAULT = 'up';

export function describeProgram(root: Command): ProgramInfo {
  const visible = root.createHelp().visibleCommands(root);
  const names = visible.flatMap((command) => namesOf(command));
  const commands = visible.map((command) => describe(command, names));
  const fallback = commands.find((command) => command.names.includes(DEFAULT));
  if (fallback === undefined) throw new Error(`there is no command ${DEFAULT}`);
  const flags = [...flagsOf(root), ...fallback.flags];
  return { commands, flags: flags.filter((flag, i) => i === flags.findIndex(sameName(flag))), fallback };
}

function sameName(flag: Flag): (other: Flag) => boolean {
  return (other) => other.names.at(-1) === flag.names.at(-1);
}

function namesOf(command: Command): readonly string[] {
  return [command.name(), ...command.aliases()];
}

function describe(command: Command, commands: readonly string[]): CommandInfo {
  return {
    names: namesOf(command),
    description: firstSentence(command.description()),
    flags: flagsOf(command),
    places: command.registeredArguments.map((argument) => placeOf(argument, commands)),
  };
}

function flagsOf(command: Command): readonly Flag[] {
  return command.createHelp().visibleOptions(command).map(flagOf);
}

function flagOf(option: Option): Flag {
  return {
    names: [option.short, option.long].filter((name) => name !== undefined),
    description: firstSentence(option.description),
    value: option.required || option.optional ? valueOf(option) : null,
  };
}

function valueOf(option: Option): Kind {
  if (option.argChoices !== undefined) return { kind: 'words', words: option.argChoices };
  const placeholder = /[<[](\w+)/.exec(option.flags)?.[1] ?? '';
  return kindOf(placeholder, option.description);
}

function placeOf(argument: Argument, commands: readonly string[]): Place {
  const name = argument.name();
  const words = argument.argChoices ?? (name === 'command' ? commands : undefined);
  const value: Kind = words === undefined ? kindOf(name, argument.description) : { kind: 'words', words };
  return { name, value, isRepeated: argument.variadic };
}

/** By the name of the placeholder, which is what help shows to people too. */
function kindOf(placeholder: string, description: string): Kind {
  if (/^apps?$/.test(placeholder)) return { kind: 'apps', all: /\bor all\b/.test(description) };
  if (/^(files?|folder)$/.test(placeholder)) return { kind: 'files' };
  return { kind: 'any' };
}

function firstSentence(text: string): string {
  return text.split('\n')[0] ?? '';
}
