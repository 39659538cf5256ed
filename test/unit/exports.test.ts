/** The names that others import: whoever changes one changes their code. docs/library.md tells of them. */
import assert from 'node:assert/strict';
import * as archive from '../../lib/index.js';
import * as sandbox from '../../lib/sandbox/index.js';
import * as xrdcl from '../../lib/xrdcl/index.js';

const binding = [
  ...['CopyProcess', 'FileSystem', 'RateLimit', 'XRootDError', 'checkEndpoint', 'checkRemotePath'],
  ...[
    'checkServerUrl',
    'checksumTypes',
    'copyFile',
    'defaultTimeout',
    'environment',
    'isRemoteUrl',
    'isSmallFile',
  ],
  ...[
    'likenessOf',
    'logLevels',
    'onClientLog',
    'pathOf',
    'readChecksum',
    'readFile',
    'removeMade',
    'serverOf',
  ],
  ...['setClientLogLevel', 'smallFile', 'statFlags', 'statOpened', 'urlOf'],
];
const own = [
  'Archive',
  'CacheError',
  'CatalogueError',
  'ConfigError',
  'ImportError',
  'LockedError',
  'NotOnTapeError',
  'OpenError',
  'StageError',
  'checksumFile',
  'createLogger',
  'loadConfig',
];

const entries: [name: string, module: object, names: string[]][] = [
  ['xrootd-archive', archive, [...own, ...binding]],
  ['xrootd-archive/xrdcl', xrdcl, binding],
  ['xrootd-archive/sandbox', sandbox, ['SandboxError', 'TapeSandbox']],
];

describe('the exported names', () => {
  for (const [name, module, names] of entries)
    it(`of ${name} are these, and no others`, () => {
      assert.deepEqual(Object.keys(module).sort(), names.sort());
    });
});
