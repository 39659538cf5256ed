/** Which files the sandbox writes to tape, without a server: what the server has open is told by the test. */
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Migrations } from '../../lib/sandbox/migrations.js';
import { resolveOptions } from '../../lib/sandbox/options.js';
import { withTapeStore } from '../support/tape_store.js';

describe('Migrations', () => {
  /** @param looks the files that each look at the server finds open, the last one again and again */
  async function migrated(bytes: string, looks: boolean[]): Promise<string[]> {
    return await withTapeStore(async (store) => {
      const options = resolveOptions({ migrationDelay: 'never' });
      const path = `${options.basePath}/f`;
      await mkdir(dirname(store.diskPath(path)), { recursive: true });
      await writeFile(store.diskPath(path), bytes);
      const notes: string[] = [];
      const robot = {
        ...{ options, store, ledger: undefined, cacheChecksums: () => Promise.resolve() },
        openFiles: () => {
          const isOpen = looks.length > 1 ? looks.shift() : looks[0];
          return Promise.resolve(new Set(isOpen === true ? [store.diskPath(path)] : []));
        },
        onDrive: <T>(work: () => Promise<T>) => work(),
        alone: <T>(_path: string, work: () => Promise<T>) => work(),
        note: (type: string) => notes.push(type),
      };
      const migrations = new Migrations(robot, () => Promise.resolve());
      assert.equal(await migrations.all(), notes.length);
      return notes;
    });
  }

  it('takes a closed file to tape', async () => {
    assert.deepEqual(await migrated('bytes', [false]), ['migrated']);
  });

  it('leaves one that is open', async () => {
    assert.deepEqual(await migrated('bytes', [true]), []);
  });

  it('leaves one that is opened while it looks round', async () => {
    assert.deepEqual(await migrated('bytes', [false, true]), []);
  });

  it('leaves an empty one that is opened while it is copied', async () => {
    assert.deepEqual(await migrated('', [false, false, true]), []);
  });
});
