/** PM2's `deploy` block, which one machine runs on others by ssh, as a `source`, which each machine looks at itself. */

export interface Deployed {
  readonly source: Readonly<Record<string, unknown>>;
  /** What was left out, with the reason. */
  readonly dropped: readonly string[];
  /** What a person has to look at. */
  readonly todo: string;
}

type Plain = Readonly<Record<string, unknown>>;

const OTHER_MACHINES = 'run cluster-up on the machine itself';
const BY_HAND = 'run it by hand, once';

const LEFT_OUT: Readonly<Record<string, string>> = {
  user: OTHER_MACHINES,
  host: OTHER_MACHINES,
  port: OTHER_MACHINES,
  key: OTHER_MACHINES,
  ssh_options: OTHER_MACHINES,
  'forward-agent': OTHER_MACHINES,
  needTTY: OTHER_MACHINES,
  path: 'releases have folders of their own',
  'pre-setup': BY_HAND,
  'post-setup': BY_HAND,
  'pre-deploy-local': 'run it where you push',
  'pre-deploy': 'nothing runs before a release is fetched',
  env: 'write such variables into `env_<name>`',
};

/** Null where no repository is named. */
export function sourceOfDeploy(deploy: unknown): Deployed | null {
  const environments = Object.entries(asPlain(deploy)).filter(
    ([, settings]) => typeof asPlain(settings)['repo'] === 'string',
  );
  const chosen = environments.find(([name]) => name === 'production') ?? environments[0];
  if (chosen === undefined) return null;
  const [name, settings] = [chosen[0], asPlain(chosen[1])];
  const others = Object.keys(asPlain(deploy)).filter((other) => other !== name);
  const { kept, left } = buildOf(settings['post-deploy']);
  const unused = Object.keys(settings).flatMap((key) => {
    const why = LEFT_OUT[key];
    return why === undefined ? [] : [`deploy.${name}.${key} (${why})`];
  });
  return {
    source: {
      git: settings['repo'],
      ...(typeof settings['ref'] === 'string' ? { ref: settings['ref'].replace(/^origin\//, '') } : {}),
      ...(kept.length === 0 ? {} : { build: kept }),
    },
    dropped: [
      ...unused,
      ...left.map((line) => `\`${line}\` of deploy.${name}.post-deploy (a new release rolls by itself)`),
      ...others.map((other) => `deploy.${other} (\`profiles\` may name another \`source\`)`),
    ],
    todo: `\`source\` was made of deploy.${name}: apps run from releases of it, and \`cwd\` is a folder in them. Without it they run from this folder.`,
  };
}

/** Each command is a line; what starts or reloads PM2 is none. */
function buildOf(hook: unknown): { readonly kept: readonly string[]; readonly left: readonly string[] } {
  if (typeof hook !== 'string') return { kept: [], left: [] };
  const lines = isSimple(hook) ? hook.split(/&&|;|\n/).map((line) => line.trim()) : [hook.trim()];
  const written = lines.filter((line) => line !== '');
  const isPm2 = (line: string): boolean => /^(npx\s+|\.?\/?node_modules\/\.bin\/)?pm2\s/.test(line);
  return { kept: written.filter((line) => !isPm2(line)), left: written.filter(isPm2) };
}

/** What is quoted, grouped or one of two ways is left whole, and so is what changes the shell itself. */
function isSimple(hook: string): boolean {
  return !/["'`(){}|\\]|(^|[&;\s])(cd|source|\.|export|if|for|while|case)\s/.test(hook);
}

function asPlain(value: unknown): Plain {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Plain) : {};
}
