/** What stands under a temporary name of ours after a failed replacement is removed only if it is ours. */
import assert from 'node:assert/strict';
import { lstatSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { CacheError } from '../../lib/cache/errors.js';
import { publish } from '../../lib/cache/publish.js';
import { versionOfFile } from '../../lib/posix/index.js';
import { withTemp } from '../support/temporary.js';

async function withDirectory(use: (directory: CacheDirectory, path: string) => Promise<void>): Promise<void> {
  await withTemp(async (path) => {
    const directory = await CacheDirectory.openRoot(path);
    try {
      await use(directory, path);
    } finally {
      await directory.close();
    }
  });
}

describe('a file that is to replace another one, which has changed', () => {
  it('goes', async () => {
    await withDirectory(async (directory, path) => {
      writeFileSync(join(path, 'name'), 'old');
      const overwrite = versionOfFile(lstatSync(join(path, 'name'), { bigint: true }));
      writeFileSync(join(path, 'name'), 'changed');
      writeFileSync(join(path, 'temporary'), 'ours');
      await assert.rejects(publish(directory, 'temporary', 'name', { overwrite }), { code: 'AlreadyExists' });
      assert.deepEqual(readdirSync(path), ['name']);
      assert.equal(readFileSync(join(path, 'name'), 'utf8'), 'changed');
    });
  });

  it('a file of somebody else’s that has its temporary name by then is kept, and told', async () => {
    await withDirectory(async (directory, path) => {
      writeFileSync(join(path, 'name'), 'old');
      const version = versionOfFile(lstatSync(join(path, 'name'), { bigint: true }));
      writeFileSync(join(path, 'name'), 'a third one');
      writeFileSync(join(path, 'temporary'), 'ours');
      writeFileSync(join(path, 'newcomer'), 'theirs');
      let looks = 0;
      // As it is when theirs had the name, lost it to ours, and could not get it back since the third has it.
      const options = {
        fsync: false,
        get overwrite() {
          // Asked for again when the temporary file has been looked at, just before the rename.
          looks += 1;
          if (looks === 2) renameSync(join(path, 'newcomer'), join(path, 'temporary'));
          return version;
        },
      };
      let message = '';
      await assert.rejects(publish(directory, 'temporary', 'name', options), (error: unknown) => {
        assert.ok(error instanceof CacheError, String(error));
        assert.deepEqual([error.code, error.path], ['Displaced', 'name']);
        message = error.message;
        return true;
      });
      const files = readdirSync(path).sort();
      const kept = files.find((name) => /^\.xrootd-archive\.displaced\.[0-9a-f]{24}$/.test(name)) ?? '';
      assert.deepEqual(files, [kept, 'name']);
      assert.equal(readFileSync(join(path, kept), 'utf8'), 'theirs');
      assert.equal(readFileSync(join(path, 'name'), 'utf8'), 'a third one');
      assert.ok(message.includes(`${directory.real}/${kept}`), message);
    });
  });
});
