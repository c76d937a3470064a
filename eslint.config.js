import js from '@eslint/js';
import importX from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

// The layers, lowest first. A folder may import itself and what stands to its left.
const layers = ['model', 'config', 'plan', 'agent', 'workers', 'control', 'supervisor', 'cli'];

// Layers that are pure, or run in someone else's process, see even less.
const only = {
  model: [],
  config: ['model'],
  plan: ['model'],
  agent: ['model'],
  workers: ['model', 'agent'],
  control: ['model'],
};

const zones = layers.map((layer, i) => {
  const allowed = only[layer] ?? layers.slice(0, i);
  return {
    target: `./src/${layer}`,
    from: './src',
    except: [layer, ...allowed].map((name) => `./${name}`),
    message: `src/${layer} may import only: ${[layer, ...allowed].join(', ')}.`,
  };
});

/** Where a package may be imported; everywhere else it is refused. */
const packageHomes = {
  commander: 'cli',
  execa: 'workers',
  'node:cluster': 'workers',
  chokidar: 'supervisor',
  yaml: 'config',
  dotenv: 'config',
  semver: 'config',
};

const packageRules = layers.map((layer) => ({
  files: [`src/${layer}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      {
        paths: Object.entries(packageHomes)
          .filter(([, home]) => home !== layer)
          .map(([name, home]) => ({ name, message: `Only src/${home} imports ${name}.` })),
      },
    ],
  },
}));

export default tseslint.config(
  { ignores: ['dist', 'node_modules', 'coverage', '.runtimes', 'fixtures', '**/*.generated.ts'] },
  js.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  ...tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: { 'import-x/resolver': { node: { extensions: ['.ts', '.cts', '.js'] } } },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
      'import-x/no-self-import': 'error',
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/no-confusing-void-expression': [
        'error',
        { ignoreArrowShorthand: true, ignoreVoidReturningFunctions: true },
      ],
      '@typescript-eslint/no-empty-function': 'off',
      '@typescript-eslint/consistent-type-imports': 'error',
    },
  },
  ...packageRules,
  {
    files: ['**/*.js'],
    ...tseslint.configs.disableTypeChecked,
    languageOptions: {
      // Theirs is replaced as a whole by naming our globals, so it is said again.
      parserOptions: { projectService: false, project: false, program: null },
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', structuredClone: 'readonly' },
    },
  },
  { files: ['src/agent/**/*.cts'], rules: { '@typescript-eslint/no-require-imports': 'off' } },
);
