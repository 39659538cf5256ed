import assert from 'node:assert/strict';
import {
  appendFileSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { CacheDirectory } from '../../lib/cache/directory.js';
import { OpenDirectories } from '../../lib/cache/open_directories.js';
import { openRecord } from '../../lib/cache/open_record.js';
import { identityOf } from '../../lib/rules/identity.js';
import { withTemp } from '../support/temporary.js';

describe('opening a record', () => {
  async function scene(use: (cache: string, directories: OpenDirectories) => Promise<void>): Promise<void> {
    await withTemp(async (cache) => {
      mkdirSync(path.join(cache, 'd'));
      writeFileSync(path.join(cache, 'd/r'), 'record');
      const root = await CacheDirectory.openRoot(cache);
      const directories = new OpenDirectories(root);
      try {
        await use(cache, directories);
      } finally {
        await directories.close();
        await root.close();
      }
    });
  }
  const identity = (cache: string) => identityOf(lstatSync(path.join(cache, 'd/r'), { bigint: true }));

  it('gives a source that stays the same file, whatever its name leads to', async () => {
    await scene(async (cache, directories) => {
      const record = await openRecord(directories, 'd/r', identity(cache));
      assert.ok(typeof record === 'object');
      if (process.platform === 'linux') {
        renameSync(path.join(cache, 'd'), path.join(cache, 'e'));
        mkdirSync(path.join(cache, 'd'));
        writeFileSync(path.join(cache, 'd/r'), 'other');
      }
      assert.equal(readFileSync(record.source, 'utf8'), 'record');
      assert.ok(record.isUnchanged());
      appendFileSync(record.source, '!');
      assert.ok(!record.isUnchanged());
      record.close();
    });
  });

  it('notices another file, none, a link, and a link above (S8)', async () => {
    await scene(async (cache, directories) => {
      const seen = identity(cache);
      appendFileSync(path.join(cache, 'd/r'), '!');
      assert.equal(await openRecord(directories, 'd/r', seen), 'changed');
      const now = identity(cache);
      renameSync(path.join(cache, 'd/r'), path.join(cache, 'd/s'));
      assert.equal(await openRecord(directories, 'd/r', now), 'vanished');
      symlinkSync('s', path.join(cache, 'd/r'));
      assert.equal(await openRecord(directories, 'd/r', now), 'changed');
      renameSync(path.join(cache, 'd'), path.join(cache, 'e'));
      symlinkSync('e', path.join(cache, 'd'));
      await directories.close();
      await assert.rejects(openRecord(directories, 'd/s', now), { code: 'OutsideCache' });
    });
  });
});
