import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, readFile, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigError, XRootDError } from '../../lib/index.js';
import { TapeSandbox } from '../../lib/sandbox/index.js';
import { counts, recordsIn, withArchive, withSharedArchive, type Bench } from '../support/archive.js';
import { bytesOf, cut, listing, pass, writeRecord } from '../support/retention.js';
import { openToAll, withServerOn } from '../support/server_on.js';
import { withTemp } from '../support/temporary.js';

describe('retention of files on another server', () => {
  const names = ['goes', 'held', 'young', 'not-on-tape', 'other-bytes', 'empty'];

  /** The cache is empty, and only there for the lock. */
  async function withTwoServers(use: (bench: Bench, other: TapeSandbox) => Promise<void>): Promise<void> {
    await using other = await TapeSandbox.start({ tapeFlags: false });
    await withArchive({ migrationDelay: 'never', failMigration: 'd/not-on-tape' }, async (bench) => {
      for (const name of names) await writeRecord(bench.cache, `d/${name}`, name === 'empty' ? 0 : 1000);
      await bench.pass({ autoRemove: 'never' });
      await bench.sandbox.migrateAll();
      await bench.pass({ autoRemove: 'cached', targetUrl: other.url, catalogue: false });
      assert.deepEqual(await recordsIn(bench.cache), []);
      await other.corrupt('d/other-bytes', { copy: 'disk' });
      for (const name of names) {
        const time = name === 'young' ? cut : cut - 1;
        await utimes(other.diskPath(`d/${name}`), time, time);
      }
      await use(bench, other);
    });
  }

  it('goes by the same rules', async () => {
    await withTwoServers(async (bench, other) => {
      const block = { onlineUrl: other.url, hold: 'd/held' };
      const told = await pass(bench, block, {});
      assert.equal(told.unconfirmed, true);
      assert.deepEqual(listing(bench), ['d/empty 0', 'd/goes 1000']);
      const report = await pass(bench, block);
      assert.deepEqual(counts(report), { scanned: 6, removed: 2, kept: 3, conflicts: 1 });
      assert.deepEqual(report.keptReasons, { 'on hold': 1, 'not past retention': 1, 'not on tape yet': 1 });
      assert.equal(report.failures[0]?.path, 'd/other-bytes');
      for (const name of names) {
        assert.equal(existsSync(other.diskPath(`d/${name}`)), !['goes', 'empty'].includes(name), name);
        assert.ok(existsSync(bench.sandbox.diskPath(`d/${name}`)), name);
      }
    });
  });

  it('what changes there before it goes stays', async () => {
    await withTwoServers(async (bench, other) => {
      const file = other.diskPath('d/goes');
      const report = await pass(bench, { onlineUrl: other.url }, { confirm: true }, (store) => ({
        readChecksum: async (name, ...query) => {
          const sum = await store.readChecksum(name, ...query);
          if (name === 'd/goes') await utimes(file, cut - 2, cut - 2);
          return sum;
        },
      }));
      assert.equal(report.keptReasons['changed while it was worked on'], 1);
      assert.deepEqual(await readFile(file), bytesOf('d/goes', 1000));
    });
  });

  it('nothing goes where the online server is the target by another name', async () => {
    await withTwoServers(async (bench) => {
      const alias = bench.sandbox.url.replace('127.0.0.1', 'localhost');
      assert.notEqual(alias, bench.sandbox.url);
      // Tape holds what has the same time.
      for (const name of names)
        for (const copy of [bench.sandbox.diskPath(`d/${name}`), bench.sandbox.tapePath(`d/${name}`)])
          if (existsSync(copy)) await utimes(copy, cut - 1, cut - 1);
      await assert.rejects(pass(bench, { onlineUrl: alias }), /are one directory/);
      for (const name of names) assert.ok(existsSync(bench.sandbox.diskPath(`d/${name}`)), name);
    });
  });

  it("a directory of it that is the target's own, by a link: nothing of the target goes", async () => {
    await withSharedArchive(async (bench) => {
      for (const name of ['sub/x', 'other/x']) {
        await mkdir(dirname(join(bench.cache, name)));
        await writeFile(join(bench.cache, name), 'the same bytes');
      }
      await bench.pass({ autoRemove: 'never' });
      for (const name of ['sub/x', 'other/x']) await utimes(bench.sandbox.diskPath(name), cut - 1, cut - 1);
      await bench.sandbox.migrateAll();
      const own = bench.sandbox.diskPath('other');
      await withTemp(async (directory) => {
        await chmod(directory, 0o777);
        const online = join(directory, 'online');
        await openToAll(online);
        // The online server runs as another user.
        for (let up = own; up !== tmpdir(); up = dirname(up)) await chmod(up, 0o777);
        await symlink(own, join(online, 'sub'));
        await withServerOn(online, async ({ url }) => {
          await assert.rejects(
            pass(bench, { onlineUrl: url('/') }),
            /not two separate copies: what is in sub is found in .*other, too/,
          );
        });
        assert.ok(existsSync(bench.sandbox.diskPath('other/x')));
        // No mark is left.
        assert.deepEqual(await readdir(own), ['x']);
      });
    });
  });

  it('nothing goes while a directory of the target can be entered, but not listed', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      for (const name of ['sub/x', 'private/deep/x']) {
        await mkdir(dirname(join(bench.cache, name)), { recursive: true });
        await writeFile(join(bench.cache, name), 'the same bytes');
      }
      await bench.pass({ autoRemove: 'never' });
      const own = bench.sandbox.diskPath('private/deep/x');
      for (const name of ['sub/x', 'private/deep/x'])
        await utimes(bench.sandbox.diskPath(name), cut - 1, cut - 1);
      await bench.sandbox.migrateAll();
      await withTemp(async (directory) => {
        await chmod(directory, 0o777);
        await openToAll(join(directory, 'online'));
        for (let up = dirname(own); up !== tmpdir(); up = dirname(up)) await chmod(up, 0o777);
        await symlink(dirname(own), join(directory, 'online/sub'));
        await withServerOn(join(directory, 'online'), async ({ url }) => {
          await chmod(bench.sandbox.diskPath('private'), 0o311);
          const report = await pass(bench, { onlineUrl: url('/') });
          await chmod(bench.sandbox.diskPath('private'), 0o777);
          assert.deepEqual(counts(report), { scanned: 1, failed: 1 });
          assert.equal(report.failures[0]?.code, 'NotAuthorized');
        });
        assert.ok(existsSync(own));
      });
    });
  });

  it("a file of it that is the target's own, by a link, stays", async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      await writeRecord(bench.cache, 'x', 1000);
      await bench.pass({ autoRemove: 'never' });
      const own = bench.sandbox.diskPath('x');
      await utimes(own, cut - 1, cut - 1);
      await bench.sandbox.migrateAll();
      await withTemp(async (directory) => {
        await chmod(directory, 0o777);
        await openToAll(join(directory, 'online'));
        for (let up = dirname(own); up !== tmpdir(); up = dirname(up)) await chmod(up, 0o777);
        await symlink(own, join(directory, 'online/x'));
        await withServerOn(join(directory, 'online'), async ({ url }) => {
          const report = await pass(bench, { onlineUrl: url('/') });
          assert.equal(report.failures[0]?.code, 'SharedStorage');
        });
        assert.ok(existsSync(own));
      });
    });
  });

  it('an online server that is gone ends the pass; so does a cache that isn’t there', async () => {
    await withTwoServers(async (bench, other) => {
      await other.kill();
      await assert.rejects(pass(bench, { onlineUrl: other.url }), XRootDError);
      const archive = bench.archive({
        cacheDirectory: undefined,
        retention: { onlineUrl: other.url, period: 'P3Y' },
      });
      await assert.rejects(archive.retention(), ConfigError);
    });
  });
});
