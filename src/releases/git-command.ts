/** The `git` of this machine: never asks for anything, and what it says is put into words. */
import { isPath, maskAddress, maskAddressIn } from '../shared/source-address.ts';
import { isCode } from '../files/calls.ts';
import { CutOff, fullDisk, ReleaseError } from './release-error.ts';
import { runProgram } from './run-program.ts';

export interface Git {
  /** The environment, for PATH, HOME and what git itself looks at. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The repository that it is about. */
  readonly address: string;
  readonly signal?: AbortSignal;
}

export interface GitCall {
  readonly args: readonly string[];
  /** In ms. */
  readonly limit: number;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** Of one output, in lines: a repository has hardly more branches and tags. */
const MOST_LINES = 500_000;

/** Where somebody else's repository is named: a hook of git may have started us. */
const OTHERS =
  /^GIT_(DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|QUARANTINE_PATH|NAMESPACE|PREFIX|COMMON_DIR)$/;

/** The lines that it prints. @throws ReleaseError */
export async function callGit(git: Git, call: GitCall): Promise<readonly string[]> {
  const [out, errors]: [string[], string[]] = [[], []];
  const { signal, address } = git;
  try {
    const {
      code,
      signal: by,
      tooLong,
    } = await runProgram({
      file: 'git',
      args: ['-c', 'core.hooksPath=/dev/null', '-c', 'gc.autoDetach=false', ...call.args],
      cwd: call.cwd ?? '/',
      env: { ...gitEnvironment(git.env), ...call.env },
      limit: call.limit,
      ...(signal === undefined ? {} : { signal }),
      line: (text, of) => {
        const lines = of === 'out' ? out : errors;
        if (lines.length < MOST_LINES) lines.push(text);
      },
    });
    if (tooLong) {
      const after = `${call.limit / 1000} s`;
      throw new CutOff(
        `${maskAddress(address)} did not answer within ${after}. Check the address and the network.`,
      );
    }
    if (by !== null)
      throw new CutOff(`git was killed by ${by} while it read ${maskAddress(address)}. Try again.`);
    if (code !== 0) throw refusal(address, errors);
    return out;
  } catch (error) {
    if (!isCode(error, 'ENOENT')) throw error;
    throw new ReleaseError(
      'There is no `git` in PATH. Install it, or take the code from `archive` or `folder`.',
    );
  }
}

function gitEnvironment(env: Git['env']): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(([name]) => !OTHERS.test(name));
  return {
    ...Object.fromEntries(kept),
    // What it says is read below.
    LC_ALL: 'C',
    GIT_TERMINAL_PROMPT: '0',
    GIT_SSH_COMMAND: `${env['GIT_SSH_COMMAND'] ?? 'ssh'} -o BatchMode=yes`,
    GIT_ALLOW_PROTOCOL: 'file:git:http:https:ssh',
    GIT_LFS_SKIP_SMUDGE: '1',
  };
}

interface Refusal {
  readonly said: RegExp;
  readonly message: (shown: string, address: string) => string;
}

const REFUSALS: readonly Refusal[] = [
  {
    said: /dubious ownership/,
    message: (shown) =>
      `${shown} belongs to another user, so git does not read it. Allow it with \`git config --global --add safe.directory ${shown}\`.`,
  },
  {
    said: /Host key verification failed/,
    message: (shown) =>
      `The host of ${shown} is not known to ssh. Connect to it once by hand, or add its key to known_hosts.`,
  },
  {
    said: /could not read (Username|Password)|Authentication failed|Permission denied|terminal prompts disabled|error: 40[13]/,
    message: (shown) =>
      `There is no permission to read ${shown}. Nobody can be asked for a password: set up a key for ssh, or a credential helper of git.`,
  },
  {
    said: /does not appear to be a git repository|repository .*not found|error: 404|does not exist|No such file or directory|not a git repository/i,
    message: (shown, address) =>
      `There is no git repository at ${shown}. Check ${isPath(address) ? 'the path' : 'the address'}.`,
  },
  {
    said: /transport '.*' not allowed|remote helper|strange (pathname|hostname)/,
    message: (shown) => `${shown} is no address that is read. Write https:, ssh:, file: or a path.`,
  },
];

function refusal(address: string, errors: readonly string[]): ReleaseError {
  const shown = maskAddress(address);
  const said = errors.join('\n');
  if (/No space left on device|Disk quota exceeded/.test(said)) return fullDisk(`Fetching ${shown}`);
  const known = REFUSALS.find((one) => one.said.test(said));
  if (known !== undefined) return new ReleaseError(known.message(shown, address));
  const line = [...errors].reverse().find((text) => /^(fatal|error|ssh):/.test(text)) ?? errors.at(-1) ?? '';
  const reason = maskAddressIn(line, address).replace(/^(fatal|error): /, '');
  return new ReleaseError(`${shown} does not answer: ${reason}. Check the address and the network.`);
}
