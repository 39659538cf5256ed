/** A package whose addon is not there, or doesn't fit: what the command and the library say. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { addonFile } from '../../lib/addon/addon.js';
import { TemporaryDirectory } from '../support/temporary.js';
import { cli, type Ended } from '../support/cli.js';
import { PackageCopy } from '../support/package_copy.js';

// One that a runner chose would be taken from wherever the package lies.
const env = { XROOTD_ARCHIVE_ADDON: undefined };
// The one that this machine has, as the addon names it.
const ours = /libXrdCl\.so\.\d/.exec(readFileSync(addonFile).toString('latin1'))?.[0];
const other = ours === 'libXrdCl.so.3' ? 'libXrdCl.so.6' : 'libXrdCl.so.3';

describe('a package without a fitting addon', function () {
  let directory: TemporaryDirectory;
  let copy: PackageCopy;

  before(() => {
    directory = new TemporaryDirectory();
    copy = new PackageCopy(directory.path);
  });
  afterEach(() => {
    copy.takeAddons();
  });
  after(() => {
    directory.remove();
  });

  const command = (...args: string[]) => cli(args, { file: copy.main, env });
  const list = () => command('ls', '--target', 'root://localhost//archive');

  /** One paragraph, on standard error, and exit code 2. */
  function saysOnce({ code, stdout, stderr }: Ended, words: RegExp): void {
    assert.equal(code, 2, stderr);
    assert.equal(stdout, '');
    assert.match(stderr, /^xrootd-archive: [^\n]+\n$/);
    assert.match(stderr, words);
  }

  it('says that install scripts did not run', async () => {
    const words =
      /most likely because install scripts are blocked.*npm install-scripts approve xrootd-archive first/;
    saysOnce(await list(), words);
    saysOnce(await command('sandbox'), words);
  });

  it('still tells its version and its options', async () => {
    for (const option of ['--version', '--help']) {
      const { code, stderr } = await command(option);
      assert.deepEqual({ code, stderr }, { code: 0, stderr: '' });
    }
  });

  it('is a failure for the doctor, which goes on with what needs no addon', async () => {
    const { code, stdout } = await command('doctor', '--cache', directory.path, '--target', 'root://h//a');
    assert.equal(code, 1);
    assert.match(stdout, /^failed +addon: .*not there: .*\n +→ Build it on this machine: npm rebuild/m);
    assert.match(stdout, /^ok +time zone: /m);
    assert.doesNotMatch(stdout, /target: /);
  });

  it('says that the addon is for another generation of libXrdCl', async function () {
    if (ours === undefined) this.skip();
    copy.putAddon('prebuilds/linux-x64/xrdcl9', { [ours]: other });
    saysOnce(await list(), new RegExp(`it asks for ${other}, and this machine has ${ours}\\. Build it`));
  });

  it('says that the addon asks for a newer C library', async () => {
    const file = copy.putAddon('build/Release', { GLIBC_2: 'GLIBC_9' });
    saysOnce(await list(), new RegExp(`${file} was built for a newer system: it asks for GLIBC_9`));
  });

  it('repeats what the system says of a file that is no addon', async () => {
    const file = copy.putFile('build/Release/xrootd_archive.node', 'no library');
    saysOnce(await list(), new RegExp(`${file} can't be loaded: .*(file too short|invalid ELF header)`));
  });

  it('takes the next one that fits', async function () {
    if (ours === undefined) this.skip();
    copy.putAddon('build/Release', { [ours]: other });
    copy.putAddon('prebuilds/linux-x64/xrdcl9', { GLIBC_2: 'GLIBC_9' });
    copy.putAddon('prebuilds/linux-x64/xrdcl1');
    const ended = await list();
    assert.equal(ended.code, 3, 'nobody listens there, but the addon was loaded');
  });

  it('throws an AddonError from the import of each entry', async () => {
    for (const entry of ['xrootd-archive', 'xrootd-archive/xrdcl', 'xrootd-archive/sandbox']) {
      const file = directory.write(
        'import.js',
        `const { name, code, exitCode, attempts, message } = await import('${entry}').catch((error) => error);
         console.log(JSON.stringify({ name, code, exitCode, attempts, lines: message.split('\\n').length }));`,
      );
      const { stdout, stderr } = await cli([], { file, env, cwd: directory.path });
      assert.equal(stderr, '');
      assert.deepEqual(JSON.parse(stdout), {
        ...{ name: 'AddonError', code: 'NotBuilt', exitCode: 2, attempts: [], lines: 1 },
      });
    }
  });

  describe('its install script', () => {
    const install = (variables: Record<string, string | undefined>) =>
      cli([], { file: copy.putScripts(), env: { ...env, ...variables } });

    it('leaves an addon alone that loads', async () => {
      copy.putAddon('prebuilds/linux-x64/xrdcl1');
      const { code, stdout, stderr } = await install({ PATH: '/nonexistent' });
      assert.deepEqual({ code, stdout, stderr }, { code: 0, stdout: '', stderr: '' });
    });

    it('says what to install where it can build none', async () => {
      const headers = await install({ XROOTD_DIR: '/nonexistent' });
      const tools = await install({ PATH: '/nonexistent', CXX: undefined, PYTHON: undefined });
      for (const { code, stderr } of [headers, tools]) {
        assert.equal(code, 1);
        assert.match(stderr, /can't be built on this machine.*Debian, Ubuntu .*Fedora .*macOS /s);
      }
      assert.match(headers.stderr, /headers and libraries were not found in \/nonexistent/);
      assert.match(tools.stderr, /is missing: Python, make, a C\+\+ compiler/);
    });
  });
});
