/**
 * The house (docs: imports point downwards only), as an ESLint configuration of its own, so that a test
 * can show that it bites.
 */
import { createNodeResolver, importX } from 'eslint-plugin-import-x';
import tseslint from 'typescript-eslint';

/** The rooms of lib/ from the top to the ground; each may import from those below it that are named. */
const below = {
  cli: [
    'index.ts',
    'doctor',
    'service',
    'jobs',
    'catalogue',
    'cache',
    'remote',
    'rules',
    'config',
    'xrdcl',
    'posix',
    'sandbox',
  ],
  'index.ts': [
    'archive.ts',
    'service',
    'jobs',
    'catalogue',
    'cache',
    'remote',
    'rules',
    'config',
    'xrdcl',
    'posix',
  ],
  'archive.ts': ['service', 'jobs', 'catalogue', 'cache', 'remote', 'rules', 'config'],
  service: ['jobs', 'catalogue', 'cache', 'remote', 'rules', 'config', 'xrdcl', 'posix'],
  doctor: ['catalogue', 'cache', 'remote', 'rules', 'config', 'xrdcl', 'addon'],
  jobs: ['catalogue', 'cache', 'remote', 'rules', 'config', 'xrdcl', 'posix', 'flow'],
  catalogue: ['rules', 'config', 'posix', 'flow'],
  cache: ['rules', 'config', 'xrdcl', 'posix'],
  remote: ['rules', 'config', 'xrdcl', 'flow'],
  rules: ['config', 'xrdcl'],
  config: ['xrdcl'],
  sandbox: ['xrdcl', 'posix', 'flow', 'addon'],
  xrdcl: ['posix', 'addon'],
  posix: ['addon'],
  addon: [],
  flow: [],
};

/** The same for the rooms of lib/jobs. */
const belowInJobs = {
  catalogue: ['staging', 'record', 'run', 'events'],
  verify: ['record', 'run', 'events'],
  retention: ['catalogue', 'record', 'separation', 'run', 'events'],
  restore: ['staging', 'record', 'run', 'events'],
  staging: ['record', 'run', 'events'],
  backup: ['catalogue', 'record', 'separation', 'run', 'events'],
  record: ['separation', 'run', 'events'],
  separation: ['run', 'events'],
  run: ['events'],
  events: [],
};

const zonesOf = (house, rooms) =>
  Object.entries(rooms).map(([room, allowed]) => ({
    target: `./${house}/${room}`,
    from: `./${house}`,
    except: [room, ...allowed].map((name) => `./${name}`),
    message: `${house}/${room} may import only ${['itself', ...allowed].join(', ')}`,
  }));

const zones = [
  ...zonesOf('lib', below),
  ...zonesOf('lib/jobs', belowInJobs),
  { target: './lib', from: ['./demo', './test', './bench', './scripts'], message: 'lib/ stands alone' },
];

/** A file holds one concept, and is read in one go. */
const mostLines = 300;

const noClock = 'rules have no clock of their own: take the time as an argument';

export default [
  {
    name: 'house/rooms',
    files: ['lib/**/*.ts', 'demo/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts'],
    languageOptions: { parser: tseslint.parser },
    plugins: { 'import-x': importX },
    settings: {
      'import-x/extensions': ['.ts', '.js'],
      'import-x/resolver-next': [
        createNodeResolver({
          extensions: ['.ts', '.js', '.json'],
          extensionAlias: { '.js': ['.ts', '.js'] },
        }),
      ],
    },
    rules: {
      'import-x/no-restricted-paths': ['error', { zones }],
      'import-x/no-cycle': 'error',
    },
  },
  {
    name: 'house/small-rooms',
    files: ['lib/**/*.ts', 'demo/**/*.ts'],
    rules: { 'max-lines': ['error', mostLines] },
  },
  {
    name: 'house/rules-are-pure',
    files: ['lib/rules/**/*.ts'],
    plugins: { '@typescript-eslint': tseslint.plugin },
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            { regex: '^node:(?!path$|path/posix$|buffer$|util$)', message: 'rules do no I/O' },
            { regex: '^(winston|yaml|p-limit|fs-native-extensions|libsql)', message: 'rules do no I/O' },
            {
              // These are as pure as the rules are.
              regex: '^\\.\\./(config|xrdcl)/(?!(wire_text|duration|pattern)\\.js$)',
              allowTypeImports: true,
              message: 'rules take only types from the rooms below',
            },
          ],
        },
      ],
      'no-restricted-globals': ['error', 'process', 'performance', 'setTimeout', 'setInterval', 'fetch'],
      'no-restricted-properties': [
        'error',
        { object: 'Date', property: 'now', message: noClock },
        { object: 'Math', property: 'random', message: 'rules are deterministic' },
      ],
      'no-restricted-syntax': [
        'error',
        { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: noClock },
      ],
    },
  },
];
