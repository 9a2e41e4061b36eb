import importX from 'eslint-plugin-import-x';
import reactHooks from 'eslint-plugin-react-hooks';
import tseslint from 'typescript-eslint';

/**
 * What each part of src/ may import besides itself: dependencies point one way, from the features down to config. The
 * engine is a package of its own: it imports nothing of the host, and the host only its public entries.
 */
const LAYERS = {
  realtime: [],
  config: ['realtime'],
  metrics: ['realtime', 'config'],
  redis: ['realtime', 'config'],
  jobs: ['realtime', 'config', 'redis', 'database'],
  database: ['realtime', 'config'],
  auth: ['realtime', 'config'],
  http: ['realtime', 'config', 'metrics', 'redis', 'auth', 'database'],
  herald: ['realtime', 'config', 'redis', 'auth', 'database'],
};
/** What each room of the engine may import of the others: the way of a connection and of a message goes one way. */
const ROOMS = {
  broker: [],
  connection: ['broker'],
  outbox: ['connection', 'broker'],
  broadcast: ['outbox', 'connection', 'broker'],
  hub: ['outbox', 'connection', 'broker'],
  cluster: ['broadcast', 'connection', 'broker'],
  presence: ['cluster', 'connection', 'broker'],
  gateway: ['hub', 'connection', 'broker'],
  upgrade: ['gateway', 'connection'],
  migrations: [],
  testing: ['broadcast', 'connection', 'outbox', 'broker'],
  support: [],
};
/** What every room of the engine may import, besides `support`. */
const HALL = ['./realtime-metrics.ts', './queried-gauge.ts', './settings.ts', './support'];
const HOST = Object.keys(LAYERS).filter((name) => name !== 'realtime');
const FEATURES = [
  'users',
  'organizations',
  'resources',
  'comments',
  'messages',
  'alerts',
  'connections',
  'exports',
  'notifications',
  'operations',
  'console',
];

const zones = [
  ...Object.entries(LAYERS).map(([layer, below]) => ({
    target: `./src/${layer}`,
    from: './src',
    except: [layer, ...below].map((name) => `./${name}`),
    message: `src/${layer} may import ${below.join(', ') || 'nothing else of src'} only.`,
  })),
  ...Object.entries(ROOMS).map(([room, below]) => ({
    target: `./src/realtime/${room}`,
    from: './src/realtime',
    except: [`./${room}`, ...(room === 'support' ? [] : HALL), ...below.map((name) => `./${name}`)],
    message: `src/realtime/${room} may import ${below.join(', ') || 'no other room'} of the engine only.`,
  })),
  ...FEATURES.map((feature) => ({
    target: `./src/${feature}`,
    from: ['./src/main.ts', './src/worker.ts', './src/app.ts', './src/app.module.ts'],
    message: 'Features are composed by the app, and know nothing of it.',
  })),
  { target: './client', from: ['./src', './console', './test'], message: 'The client is a package of its own.' },
  { target: './console', from: ['./src', './test'], message: 'The console knows the server by its API only.' },
  { target: './src', from: ['./client', './console'], message: 'The server knows no client.' },
];

export default tseslint.config(
  { ignores: ['**/dist/', 'coverage/', '.data/'] },
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/ignore': ['node_modules'],
      'import-x/resolver-next': [
        importX.createNodeResolver({ extensions: ['.ts', '.js'], extensionAlias: { '.js': ['.ts', '.js'] } }),
      ],
    },
    rules: {
      'import-x/no-cycle': ['error', { ignoreExternal: true }],
      'import-x/no-restricted-paths': ['error', { zones }],
      // Nest's modules and empty overrides are classes whose decorators or types are what matters.
      '@typescript-eslint/no-extraneous-class': ['error', { allowWithDecorator: true }],
      // Nest declares plain options as classes.
      '@typescript-eslint/no-unsafe-class-instance-assignment': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      '@typescript-eslint/no-empty-function': ['error', { allow: ['overrideMethods'] }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
      'no-restricted-syntax': [
        'error',
        {
          selector: "MemberExpression[object.name='process'][property.name='env']",
          message: 'Only src/config/environment.ts reads the environment.',
        },
        {
          selector: 'CallExpression[callee.property.name=/^(upsert|orUpdate)$/]',
          message: 'Subscribers would tell of an upsert as of a creation, also where it updates: load, then save.',
        },
      ],
    },
  },
  {
    files: [...FEATURES, ...HOST].map((folder) => `src/${folder}/**/*.ts`).concat('src/*.ts', 'test/projects/*.ts'),
    rules: {
      'no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              regex: '/realtime/(?!(?:index|testing|typeorm|support/[\\w-]+)\\.js$)',
              message:
                'The engine is imported by its public entries only: realtime/index.js, testing.js, typeorm.js, support/….js.',
            },
          ],
        },
      ],
    },
  },
  {
    files: ['client/**', 'console/**', 'test/browser/**'],
    ...reactHooks.configs.flat['recommended-latest'],
  },
  {
    // Tests look into answers of any shape; a wrong one fails their expectations.
    files: ['test/**/*.{ts,tsx}', 'bench/**/*.ts', '**/*.spec.ts'],
    rules: {
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
    },
  },
  {
    files: ['src/config/environment.ts', 'test/**/*.ts', '**/*.spec.ts'],
    rules: { 'no-restricted-syntax': 'off' },
  },
);
