/** Reading back waits for its turn behind copies; the file may go offline meanwhile. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseTarget } from '../../lib/config/target.js';
import { limitedStore } from '../../lib/remote/limited_store.js';
import { XRootDStore } from '../../lib/remote/xrootd_store.js';
import { withArchive } from '../support/archive.js';
import { bytesOf } from '../support/records.js';

/** Tells which files are read, and runs a task before the first one is. */
class WatchedStore extends XRootDStore {
  readonly read: string[] = [];
  beforeFirst: () => Promise<void> = () => Promise.resolve();

  override async readChecksum(...query: Parameters<XRootDStore['readChecksum']>) {
    this.read.push(query[0]);
    if (this.read.length === 1) await this.beforeFirst();
    return await super.readChecksum(...query);
  }
}

describe('a file that goes offline while its reading back waits for its turn', () => {
  it('is not opened', async () => {
    await withArchive({ migrationDelay: 'never' }, async (bench) => {
      for (const name of ['a', 'b']) await writeFile(join(bench.cache, name), bytesOf(name, 3 * 2 ** 20));
      await bench.pass({ autoRemove: 'never' });
      const watched = new WatchedStore(parseTarget(bench.sandbox.url), { request: 20, checksum: 60 });
      watched.beforeFirst = async () => {
        await bench.sandbox.migrateAll();
        await bench.sandbox.evict(['b']);
      };
      const one = { stats: 256, checksums: 4, copies: 1, copyMemory: 4 * 2 ** 20, statCounts: 0 };
      const store = limitedStore(watched, one);
      const [a, b] = await Promise.all([store.stat('a'), store.stat('b')]);
      assert.ok(a !== null && b !== null);
      const [first, second] = await Promise.allSettled([
        store.readChecksum('a', 'crc32c', a),
        store.readChecksum('b', 'crc32c', b),
      ]);
      assert.equal(first.status, 'fulfilled');
      assert.ok(second.status === 'rejected');
      assert.match(String(second.reason), /it went offline before it could be read back/);
      assert.deepEqual(watched.read, ['a']);
      assert.deepEqual(bench.sandbox.prepares, []);
    });
  });
});
