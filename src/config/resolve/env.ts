/** The environment that the file gives an app, and what of the supervisor's it is not to get. */
import type { FilterEnv } from '../../model/spec.ts';
import { dotenv } from '../../shared/lazy.ts';
import { cannotBeRead } from '../read/file-access.ts';
import { absolute } from '../read/home-path.ts';
import { isComment } from '../read/canonical-keys.ts';
import { entryOf, type Mapping, type Node } from '../read/nodes.ts';
import type { App } from '../schema/schema-types.generated.ts';
import { spanIn, type AppContext } from './context.ts';
import { isNowhere } from './place-of-app.ts';

export interface Environment {
  readonly env: Readonly<Record<string, string>>;
  /** `port` or PORT is written in the file itself. */
  readonly namesPort: boolean;
}

/** Later sources win: `env_file`, `port`, `env`, `env_<name>`. */
export function readEnvironment(context: AppContext, cwd: string): Environment {
  const { app, options } = context;
  const own = new Map<string, string>();
  if (app.port !== undefined) own.set('PORT', String(app.port));
  const blocks = options.envName === undefined ? ['env'] : ['env', `env_${options.envName}`];
  for (const block of blocks) {
    const value = entryOf(context.mapping, block)?.value;
    if (value?.kind === 'mapping') readBlock(value, own, context);
  }
  const env = app.env_file === undefined ? own : new Map([...readFiles(context, cwd), ...own]);
  checkIncrement(context, env);
  return { env: Object.fromEntries(env), namesPort: (own.get('PORT') ?? '') !== '' };
}

function readBlock(block: Mapping, into: Map<string, string>, { problems }: AppContext): void {
  for (const { key, keySpan, value } of block.entries) {
    if (isComment(key)) continue;
    if (key === '' || key.includes('=') || key.includes('\0')) {
      problems.add('CU1305', keySpan, 'The name of a variable is not empty and has no `=`.', 'Rename it.');
    } else into.set(key, text(value));
  }
}

/** Numbers keep their written form: nobody means 3.1 by `3.10`. */
function text(node: Node): string {
  if (node.kind !== 'scalar' || node.value === null) return '';
  return typeof node.value === 'number' ? node.source : String(node.value);
}

function readFiles(context: AppContext, cwd: string): readonly (readonly [string, string])[] {
  const { app, options, problems } = context;
  const paths = typeof app.env_file === 'string' ? [app.env_file] : (app.env_file ?? []);
  return paths.flatMap((path) => {
    const file = absolute(cwd, path, options);
    const content = options.files.text(file);
    if (!isNowhere(file)) context.alsoRead(file, content);
    if (content !== null) return Object.entries(dotenv().parse(content));
    if (isNowhere(file)) return [];
    const message = cannotBeRead('The env_file', file, options.files);
    problems.add(
      'CU1404',
      spanIn(context, 'env_file'),
      message,
      'The path is relative to `cwd`.',
      options.missingScript,
    );
    return [];
  });
}

function checkIncrement(context: AppContext, env: ReadonlyMap<string, string>): void {
  const name = context.app.increment_var;
  if (name === undefined || context.broken.has('env') || /^-?\d+$/.test(env.get(name) ?? '')) return;
  const message = `\`increment_var\` raises \`${name}\`, which is no whole number in \`env\`.`;
  context.problems.add(
    'CU1405',
    spanIn(context, 'increment_var'),
    message,
    `Set \`env.${name}\` to its first value.`,
  );
}

/** `filter_env`, as PM2 has it: a list is of parts of names, a single text is a whole name. */
export function readFilter({ filter_env: filter = false }: App): FilterEnv {
  return filter === false ? [] : filter;
}
