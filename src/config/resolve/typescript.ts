/** What this Node needs to run TypeScript. */
import { spanIn } from './context.ts';
import type { AppContext } from './context.ts';
import { isNode, isTypeScript } from './interpreter.ts';

const FLAG = '--experimental-strip-types';

/** The options for Node, with the one that strips types where this version needs it. */
export function stripTypes(
  context: AppContext,
  script: string,
  interpreter: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): readonly string[] {
  if (!isNode(interpreter) || !isTypeScript(script) || hasLoader(args, env)) return args;
  const { nodeVersion, versionOf } = context.options;
  const version = interpreter === 'node' ? nodeVersion : (versionOf?.(interpreter) ?? nodeVersion);
  const [major = 0, minor = 0] = version.replace(/^v/, '').split('.').map(Number);
  const [flagged, plain] = major === 22 ? [minor >= 6, minor >= 18] : [major > 22, major > 23 || minor >= 6];
  if (major > 22 ? plain : major === 22 && plain) return args;
  if (flagged) return args.includes(FLAG) ? args : [FLAG, ...args];
  const message = `Node ${version.replace(/^v/, '')} cannot run TypeScript.`;
  const hint = 'Build it first, load a compiler (`node_args: --import tsx`), or use Node 22.18 or later.';
  context.problems.add('CU1606', spanIn(context, 'script'), message, hint);
  return args;
}

function hasLoader(args: readonly string[], env: Readonly<Record<string, string>>): boolean {
  const loader = /(^|\s)(-r|--require|--import|--loader|--experimental-loader)\b/;
  return loader.test(args.join(' ')) || loader.test(env['NODE_OPTIONS'] ?? '');
}
