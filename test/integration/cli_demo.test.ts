import assert from 'node:assert/strict';
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cli, demoFile, RunningCli } from '../support/cli.js';
import { withTemp } from '../support/temporary.js';

/** Where the demonstration's server, which is another user when we are root, can look in. */
async function withTemporary(
  use: (directory: string, env: { TMPDIR: string }) => Promise<void>,
): Promise<void> {
  await withTemp(async (directory) => {
    await chmod(directory, 0o755);
    await use(directory, { TMPDIR: directory });
  });
}

describe('the demonstration', () => {
  it('brings made records to tape and back, and leaves nothing', async () => {
    await withTemporary(async (directory, env) => {
      const { code, stdout, stderr } = await cli(['--large', '0', '--small', '6'], { file: demoFile, env });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /6 files copied and verified/);
      assert.match(stdout, /6 files on tape/);
      assert.match(stdout, /6 files removed/);
      assert.match(stdout, /6 files restored and verified/);
      assert.match(stdout, /6 files, \d[\d,]* bytes, every one as it was/);
      assert.match(stdout, /HDF5 reads them: shot \d+/);
      assert.match(stdout, /All is well/);
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('works on a copy of a folder, which it leaves alone', async () => {
    await withTemporary(async (directory, env) => {
      const folder = path.join(directory, 'mine');
      await mkdir(path.join(folder, 'below'), { recursive: true });
      await writeFile(path.join(folder, 'below', 'one.bin'), Buffer.alloc(9_000_000, 'one'));
      await writeFile(path.join(folder, 'two.txt'), 'two');
      const before = await stat(path.join(folder, 'two.txt'));
      const { code, stdout, stderr } = await cli([folder], { file: demoFile, env });
      assert.equal(code, 0, stdout + stderr);
      assert.match(stdout, /2 files copied and verified/);
      assert.match(stdout, /2 files restored and verified, 9\.0 MB/);
      assert.match(stdout, /2 files, 9,000,003 bytes, every one as it was/);
      assert.deepEqual(await readdir(directory), ['mine']);
      const after = await stat(path.join(folder, 'two.txt'));
      assert.deepEqual(
        [after.ino, after.mtimeMs, after.ctimeMs],
        [before.ino, before.mtimeMs, before.ctimeMs],
      );
      assert.equal(await readFile(path.join(folder, 'two.txt'), 'utf8'), 'two');
    });
  });

  it('leaves nothing when it is interrupted', async () => {
    await withTemporary(async (directory, env) => {
      const demo = new RunningCli(['--large', '0', '--small', '6'], { file: demoFile, env });
      await demo.until(({ stdout }) => stdout.includes('it answers at'));
      demo.child.kill('SIGINT');
      const { code } = await demo.ended;
      assert.equal(code, 130);
      assert.deepEqual(await readdir(directory), []);
    });
  });

  it('refuses what it does not understand: 2', async () => {
    for (const args of [['--large', 'many'], ['--what'], ['--large', '0', '--small', '0'], ['one', 'two']]) {
      const { code, stdout } = await cli(args, { file: demoFile });
      assert.deepEqual([code, stdout], [2, '']);
    }
  });

  it('fails for a folder that is none', async () => {
    const { code, stderr } = await cli(['/etc/passwd'], { file: demoFile });
    assert.match(stderr, /\/etc\/passwd is not a directory/);
    assert.notEqual(code, 0);
  });
});
