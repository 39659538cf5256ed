/** Requests that only a server with tape understands. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { after, before, describe, it } from 'mocha';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { CopyProcess, FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { TemporaryDirectory } from '../support/temporary.js';

describe('file system with tape', () => {
  let sandbox: TapeSandbox;
  let local: TemporaryDirectory;
  let fs: FileSystem;
  const paths = ['/archive/a', '/archive/b c'];

  before(async () => {
    sandbox = await TapeSandbox.start({ stageDelay: 0.2 });
    fs = new FileSystem(sandbox.url);
    local = new TemporaryDirectory();
    const copies = new CopyProcess();
    const source = local.write('source', 'on tape');
    for (const path of paths) copies.add({ source, target: `${fs.url}/${path}` });
    for (const { error } of await copies.run()) assert.equal(error, undefined);
    for (const path of paths) while (!(await fs.stat(path)).backUpExists) await sleep(20);
  });
  after(async () => {
    local.remove();
    await sandbox.stop();
  });

  it('evicts, tells by stat that a file is on tape only, and stages it again', async () => {
    assert.notEqual(await fs.evict(paths), undefined);
    for (const path of paths) {
      while (!(await fs.stat(path)).offline) await sleep(20);
      const { backUpExists, size } = await fs.stat(path);
      assert.deepEqual([backUpExists, size], [true, 7]);
    }
    const id = await fs.stage(paths, { priority: 3 });
    assert.match(id, /^\S+$/);
    assert.notEqual(await fs.queryPrepare(id, paths), '');
    for (const path of paths) while ((await fs.stat(path)).offline) await sleep(20);
  });

  it('withdraws a request', async () => {
    await fs.evict(paths);
    const id = await fs.stage(paths);
    await fs.cancelStage(id, paths);
  });

  it('more files than the server takes at once are an error, not a part', async () => {
    const many = Array.from({ length: 60 }, (_, i) => `/archive/${i}`);
    await assert.rejects(fs.stage(many), XRootDError);
  });
});
