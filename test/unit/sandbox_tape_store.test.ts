/** The sandbox's files on disk and tape, without a server. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import type { TapeStore } from '../../lib/sandbox/tape_store.js';
import { withTapeStore } from '../support/tape_store.js';

describe('TapeStore', () => {
  async function withStored(use: (store: TapeStore) => Promise<void>): Promise<void> {
    await withTapeStore(async (store) => {
      await writeFile(store.diskPath('/f'), 'bytes');
      assert.equal(await store.writeToTape('/f', () => Promise.resolve(false)), true);
      await use(store);
    });
  }

  it('never tells of a file that somebody reads that it is offline', async () => {
    await withStored(async (store) => {
      const seen: (boolean | undefined)[] = [];
      const isOpen = async () => {
        seen.push((await store.look('/f'))?.offline);
        return true;
      };
      assert.equal(await store.evict('/f', isOpen), 'in use');
      assert.deepEqual(seen, [false]);
      assert.equal((await store.look('/f'))?.offline, false);
    });
  });

  it('keeps a file that is opened while it is being evicted', async () => {
    await withStored(async (store) => {
      let asked = 0;
      const isOpen = () => Promise.resolve((asked += 1) > 1);
      assert.equal(await store.evict('/f', isOpen), 'in use');
      assert.equal((await store.look('/f'))?.offline, false);
    });
  });

  it('evicts one that nobody has open', async () => {
    await withStored(async (store) => {
      assert.equal(await store.evict('/f', () => Promise.resolve(false)), 'evicted');
      assert.equal((await store.look('/f'))?.offline, true);
      assert.equal(await store.evict('/f', () => Promise.resolve(false)), 'stays');
    });
  });
});
