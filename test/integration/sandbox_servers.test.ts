/** The sandbox as EOS, CTA and the site of rucio/rucio#6001 behave (docs/servers.md has the sources). */
import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { TapeSandbox, type SandboxOptions } from '../../lib/sandbox/index.js';
import { CopyProcess, FileSystem, XRootDError } from '../../lib/xrdcl/index.js';
import { until } from '../support/tape.js';
import { withTemp } from '../support/temporary.js';

async function withSandbox(
  options: SandboxOptions,
  use: (sandbox: TapeSandbox, client: FileSystem) => Promise<void>,
): Promise<void> {
  await using sandbox = await TapeSandbox.start(options);
  await use(sandbox, new FileSystem(`root://${sandbox.host}`));
}

async function upload(sandbox: TapeSandbox, path: string, bytes: Buffer, force = false): Promise<void> {
  await withTemp(async (directory) => {
    await writeFile(join(directory, 'file'), bytes);
    const copies = new CopyProcess();
    copies.add({ source: join(directory, 'file'), target: `${sandbox.url}/${path}`, force });
    const [result] = await copies.run();
    if (result?.error !== undefined) throw result.error;
  });
}

function hasNumber(number: number): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof XRootDError, String(error));
    assert.equal(error.errNo, number, error.message);
    return true;
  };
}

describe('TapeSandbox: as other servers', () => {
  it('fails the close of a new file with 3007, and the file is gone (failCommit)', async () => {
    let fails = true;
    await withSandbox({ failCommit: (path) => fails && path === 'a/bad' }, async (sandbox, client) => {
      await upload(sandbox, 'a/good', randomBytes(1000));
      await assert.rejects(upload(sandbox, 'a/bad', randomBytes(1000)), hasNumber(3007));
      await assert.rejects(client.stat('/archive/a/bad'), hasNumber(3011));
      await assert.rejects(upload(sandbox, 'a/bad', randomBytes(3_000_000)), hasNumber(3007));
      assert.equal(await sandbox.stateOf('a/bad'), undefined);
      fails = false;
      await upload(sandbox, 'a/bad', randomBytes(1000));
      await sandbox.settle();
      assert.equal((await client.stat('/archive/a/bad')).backUpExists, true);
    });
  });

  it('fails it too if the matcher throws', async () => {
    const failCommit = () => {
      throw new Error('no idea');
    };
    await withSandbox({ failCommit }, async (sandbox) => {
      await assert.rejects(upload(sandbox, 'f', randomBytes(1000)), hasNumber(3007));
      assert.equal(await sandbox.stateOf('f'), undefined);
    });
  });

  it('fails the close of a new file without bytes (refuseEmpty), and gives room back', async () => {
    await withSandbox({ refuseEmpty: true, failCommit: 'bad', bufferSize: 1500 }, async (sandbox, client) => {
      await assert.rejects(upload(sandbox, 'empty', Buffer.alloc(0)), hasNumber(3007));
      await assert.rejects(client.stat('/archive/empty'), hasNumber(3011));
      await assert.rejects(upload(sandbox, 'bad', randomBytes(1000)), hasNumber(3007));
      await upload(sandbox, 'good', randomBytes(1000));
    });
  });

  it('refuses names with other characters with 3022 (eosNames)', async () => {
    await withSandbox({ eosNames: true }, async (sandbox, client) => {
      await upload(sandbox, 'A-Z a_z/0.9~#:^', randomBytes(10));
      for (const name of ['ä', 'a+b', 'a(1)', 'a%b', 'a,b']) {
        await assert.rejects(client.stat(`/archive/${name}`), hasNumber(3022));
        await assert.rejects(upload(sandbox, name, randomBytes(10)), hasNumber(3022));
        await assert.rejects(client.mkdir(`/archive/${name}`), hasNumber(3022));
      }
    });
  });

  it('lets files of write-once directories neither be changed nor removed, unless empty', async () => {
    await withSandbox({ writeOnce: ['raw'], migrationDelay: 'never' }, async (sandbox, client) => {
      const bytes = randomBytes(1000);
      for (const name of ['raw/d/f', 'raw2/f']) await upload(sandbox, name, bytes);
      await upload(sandbox, 'raw/empty', Buffer.alloc(0));
      await assert.rejects(upload(sandbox, 'raw/d/f', randomBytes(5), true), hasNumber(3018));
      await assert.rejects(client.rm('/archive/raw/d/f'), hasNumber(3010));
      await assert.rejects(client.truncate('/archive/raw/d/f', 5), hasNumber(3010));
      await assert.rejects(client.mv('/archive/raw2/f', '/archive/raw/d/f'), hasNumber(3018));
      assert.equal((await client.stat('/archive/raw/d/f')).size, 1000);
      await client.rm('/archive/raw/empty');
      await client.rm('/archive/raw2/f');
    });
  });

  it('keeps a file until it was evicted as often as it was staged (countEvictions)', async () => {
    await withSandbox({ countEvictions: true }, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      await sandbox.settle();
      await sandbox.evict(['f']);
      const offline = async () => (await client.stat('/archive/f')).offline;
      const seen = async (kind: string, count: number) =>
        until(() => sandbox.prepares.filter((each) => each.kind === kind).length === count);
      await client.stage(['/archive/f']);
      await until(async () => !(await offline()));
      await client.stage(['/archive/f']);
      await seen('stage', 2);
      await client.evict(['/archive/f']);
      await seen('evict', 1);
      await sandbox.settle();
      assert.equal(await offline(), false);
      await client.evict(['/archive/f']);
      await until(offline);
    });
  });

  it('refuses stage requests beyond its limit for a file with 3024 (maxStageRequests)', async () => {
    await withSandbox({ maxStageRequests: 3, neverStage: 'busy' }, async (sandbox, client) => {
      for (const name of ['busy', 'free']) await upload(sandbox, name, randomBytes(1000));
      await sandbox.settle();
      await sandbox.evict(['busy', 'free']);
      const ids: string[] = [];
      for (let i = 0; i < 3; i++) ids.push(await client.stage(['/archive/busy']));
      await assert.rejects(client.stage(['/archive/busy']), hasNumber(3024));
      // The others of a request go on.
      await client.stage(['/archive/busy', '/archive/free']);
      await until(async () => !(await client.stat('/archive/free')).offline);
      await client.cancelStage(ids[0] ?? '', ['/archive/busy']);
      await until(() => sandbox.prepares.some(({ kind }) => kind === 'cancel'));
      await client.stage(['/archive/busy']);
    });
  });

  it('tells of tape only in the answer to a prepare query (backUpFlag: false)', async () => {
    await withSandbox({ backUpFlag: false }, async (sandbox, client) => {
      await upload(sandbox, 'f', randomBytes(1000));
      await sandbox.settle();
      assert.equal((await client.stat('/archive/f')).backUpExists, false);
      assert.match(await client.queryPrepare('any', ['/archive/f']), /"on_tape":true/);
      await sandbox.evict(['f']);
      const { backUpExists, offline } = await client.stat('/archive/f');
      assert.deepEqual({ backUpExists, offline }, { backUpExists: false, offline: true });
    });
  });
});
