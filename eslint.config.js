import js from '@eslint/js';
import tseslint from 'typescript-eslint';

// The layers, lowest first. A folder may import itself and what stands to its left.
const layers = [
  'model',
  'files',
  'shared',
  'config',
  'observe',
  'plan',
  'agent',
  'sockets',
  'workers',
  'control',
  'logs',
  'releases',
  'watchers',
  'supervisor',
  'cli',
];

// Layers that are pure, or run in someone else's process, see even less.
const only = {
  model: [],
  files: [],
  shared: ['model'],
  config: ['model', 'files', 'shared'],
  observe: ['model'],
  plan: ['model', 'observe'],
  agent: ['model'],
  sockets: ['model', 'files', 'shared'],
  workers: ['model', 'files', 'shared', 'agent', 'sockets'],
  control: ['model', 'files'],
  logs: ['model', 'files', 'workers'],
  releases: ['model', 'files', 'shared', 'workers', 'control'],
  watchers: ['model', 'files', 'shared', 'config', 'observe', 'workers', 'releases'],
};

/** The folders that `layer` may not import from. */
const forbidden = (layer) => {
  const allowed = only[layer] ?? layers.slice(0, layers.indexOf(layer));
  return layers.filter((other) => other !== layer && !allowed.includes(other));
};

// Within src/config as well, lowest first. What lies beside these folders puts them together.
const configFolders = ['schema', 'diagnostics', 'read', 'resolve', 'checks', 'edit', 'write', 'machine'];
const onlyInConfig = {
  edit: ['schema', 'diagnostics', 'read', 'resolve'],
  machine: ['schema', 'diagnostics', 'read'],
};

/** Where a package may be imported; everywhere else it is refused. */
const packageHomes = {
  commander: 'cli',
  'node:cluster': 'workers',
  chokidar: 'watchers',
  picomatch: 'releases',
  'prom-client': 'supervisor',
  yaml: 'config',
  dotenv: 'shared',
  semver: 'shared',
};

const layerRule = (layer, files, further = []) => ({
  files,
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: Object.entries(packageHomes)
          .filter(([, home]) => home !== layer && layer !== 'agent')
          .map(([name, home]) => ({ name, message: `Only src/${home} imports ${name}.` })),
        patterns: [
          {
            regex: `(^|/)\\.\\./(index\\.ts$|(${forbidden(layer).join('|')})/)`,
            message: `src/${layer} does not import from there: imports run downward only.`,
          },
          // It runs in the user's process, where nothing of anybody else's may.
          ...(layer === 'agent'
            ? [{ regex: '^(?!node:|\\.)', message: 'The agent imports only node: modules.' }]
            : []),
          ...further,
        ],
      },
    ],
  },
});

const layerRules = layers.map((layer) => layerRule(layer, [`src/${layer}/**/*.{ts,cts}`]));

const configRules = configFolders.map((folder, i) => {
  const allowed = onlyInConfig[folder] ?? configFolders.slice(0, i);
  const others = configFolders.filter((other) => other !== folder && !allowed.includes(other));
  const further = {
    regex: `^(\\.\\./)+(${others.join('|')})/|^\\.\\./[\\w-]+\\.ts$|^\\.\\./\\.\\./config/`,
    message: `src/config/${folder} does not import from there: imports run downward only.`,
  };
  return layerRule('config', [`src/config/${folder}/**/*.ts`], [further]);
});

export default tseslint.config(
  {
    ignores: [
      'dist',
      'node_modules',
      'coverage',
      '.runtimes',
      '.frameworks',
      'fixtures',
      '**/*.generated.ts',
    ],
  },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
      // What follows costs a quarter of the time. tsc finds what is not used (`noUnusedLocals`, `noUnusedParameters`);
      '@typescript-eslint/no-unused-vars': 'off',
      // our classes have private members, by which it tells them apart already;
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      // and there are no enums (`erasableSyntaxOnly`).
      '@typescript-eslint/no-unsafe-enum-assignment': 'off',
      '@typescript-eslint/no-unsafe-enum-comparison': 'off',
    },
  },
  ...layerRules,
  ...configRules,
  {
    files: ['src/**/*.{ts,cts}'],
    rules: { 'max-lines-per-function': ['error', { max: 40, skipBlankLines: true, skipComments: true }] },
  },
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      // Theirs is replaced as a whole by naming our globals, so it is said again.
      parserOptions: { projectService: false, project: false, program: null },
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', structuredClone: 'readonly' },
    },
    // tsc does not look at these.
    rules: { ...tseslint.configs.disableTypeChecked.rules, 'no-unused-vars': 'error' },
  },
  { files: ['src/agent/**/*.cts'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
