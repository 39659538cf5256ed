/** What is said when no addon loads; the loader's words are those of glibc, musl and dyld. */
import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { addonError, BUILD } from '../../lib/addon/addon_error.js';
import { addonCandidates } from '../../lib/addon/candidates.js';
import { rebuildCommand, type Machine } from '../../lib/addon/machine.js';
import { withTemp } from '../support/temporary.js';

const machine: Machine = { name: 'linux-x64', libc: '2.31', xrdCl: [], rebuild: 'npm rebuild it' };
const no3 = 'libXrdCl.so.3: cannot open shared object file: No such file or directory';
const no6 = 'libXrdCl.so.6: cannot open shared object file: No such file or directory';
const old = "/lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.34' not found (required by /p/a.node)";
const oldCxx = "/lib64/libstdc++.so.6: version `GLIBCXX_3.4.30' not found (required by /p/prebuilds/a.node)";
const dyld = 'dlopen(/p/a.node, 0x1): Library not loaded: @rpath/libXrdCl.3.dylib\n  Referenced from: /p/a';

const cases: [title: string, errors: string[], xrdCl: string[], code: string, words: RegExp][] = [
  ['nothing at all', [], ['libXrdCl.so.3'], 'NotBuilt', /linux-x64.*scripts are blocked.*npm rebuild it/],
  ['no libXrdCl', [no3], [], 'XrdClMissing', /asks for libXrdCl\.so\.3\).*apt-get install xrootd-client;/],
  ['no libXrdCl, of two', [no6, no3], [], 'XrdClMissing', /asks for libXrdCl\.so\.6 or libXrdCl\.so\.3\)/],
  ['no libXrdCl on macOS', [dyld], [], 'XrdClMissing', /asks for libXrdCl\.3\.dylib\).*brew install xrootd/],
  [
    'the other libXrdCl',
    [no3],
    ['libXrdCl.so.6'],
    'XrdClDiffers',
    /asks for libXrdCl\.so\.3, .* has libXrdCl/,
  ],
  ['an old libc', [no6, old], ['libXrdCl.so.3'], 'CLibraryTooOld', /asks for GLIBC_2\.34, .*\(glibc 2\.31\)/],
  ['an old libstdc++', [oldCxx], [], 'CLibraryTooOld', /asks for GLIBCXX_3\.4\.30, /],
  ['no ELF file', ['/p/a.node: invalid ELF header', no6], [], 'Unfit', /: invalid ELF header\. Build it/],
  ['no libz', ['libz.so.1: cannot open shared object file: No'], [], 'Unfit', /libz\.so\.1: cannot open/],
  [
    'a missing symbol',
    ['/p/a.node: undefined symbol: _ZN5X'],
    ['libXrdCl.so.3'],
    'Unfit',
    /undefined symbol/,
  ],
];

describe('an addon that does not load', () => {
  for (const [title, errors, xrdCl, code, words] of cases) {
    it(`${title}: ${code}`, () => {
      const attempts = errors.map((error, i) => ({ file: `/p/${i}.node`, error }));
      const error = addonError(attempts, { ...machine, xrdCl });
      assert.equal(error.code, code);
      assert.match(error.message, words);
      assert.doesNotMatch(error.message, /\n/, 'one paragraph');
      if (code !== 'XrdClMissing') assert.ok(error.message.includes(BUILD), 'what a build needs');
    });
  }

  it('names every system that people have', () => {
    for (const xrdCl of [[], ['libXrdCl.so.6']]) {
      const { message } = addonError([{ file: 'a', error: no3 }], { ...machine, xrdCl });
      for (const name of ['Debian', 'Ubuntu', 'RHEL', 'Alma', 'Rocky', 'Fedora', 'macOS']) {
        assert.ok(message.includes(name), name);
      }
    }
  });

  it('says what scripts/find-xrootd.cjs says of a build', () => {
    const require = createRequire(import.meta.url);
    const { findXRootD } = require('../../../scripts/find-xrootd.cjs') as {
      findXRootD: (options: object) => unknown;
    };
    const packages = BUILD.match(/[\w+-]+/g) ?? [];
    assert.throws(
      () => findXRootD({ env: { XROOTD_DIR: '/nonexistent' } }),
      ({ message }: Error) => packages.every((word) => message.includes(word)),
    );
  });
});

describe('the command that builds the addon', () => {
  it('is that of the program that installed the package', async () => {
    await withTemp((project) => {
      writeFileSync(join(project, 'package.json'), '{}');
      const command = rebuildCommand(join(project, 'node_modules', 'xrootd-archive'));
      assert.match(command, /^npm rebuild xrootd-archive .*install-scripts approve xrootd-archive/);
      return Promise.resolve();
    });
    assert.match(
      rebuildCommand('/usr/lib/node_modules/xrootd-archive'),
      /^npm rebuild --global xrootd-archive .*npm config set allow-scripts=xrootd-archive/,
    );
    assert.match(rebuildCommand('/a/node_modules/.pnpm/x@1/node_modules/x'), /^pnpm approve-builds/);
    assert.equal(rebuildCommand('/home/me/clone'), 'npm run setup, in /home/me/clone');
  });
});

describe('the candidates', () => {
  it('are what was built here, then the prebuilt ones, newest generation first', async () => {
    await withTemp((root) => {
      const put = (place: string) => {
        mkdirSync(join(root, place), { recursive: true });
        const file = join(root, place, 'xrootd_archive.node');
        writeFileSync(file, '');
        return file;
      };
      const three = put('prebuilds/linux-x64/xrdcl3');
      const ten = put('prebuilds/linux-x64/xrdcl10');
      const six = put('prebuilds/linux-x64/xrdcl6');
      const arm = [put('prebuilds/linux-arm64/xrdcl6'), put('prebuilds/linux-arm64/xrdcl3')];
      const built = put('build/Release');
      assert.deepEqual(addonCandidates(root, 'linux', 'x64'), [built, ten, six, three]);
      assert.deepEqual(addonCandidates(root, 'linux', 'arm64'), [built, ...arm]);
      assert.deepEqual(addonCandidates(root, 'darwin', 'arm64'), [built]);
      return Promise.resolve();
    });
  });
});
