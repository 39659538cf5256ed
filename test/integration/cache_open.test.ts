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
import { openRecord } from '../../lib/cache/open_record.js';
import { identityOf } from '../../lib/rules/identity.js';
import { withTemp } from '../support/temporary.js';

describe('opening a record', () => {
  async function scene(use: (cache: string, root: CacheDirectory) => Promise<void>): Promise<void> {
    await withTemp(async (cache) => {
      mkdirSync(path.join(cache, 'd'));
      writeFileSync(path.join(cache, 'd/r'), 'record');
      const root = await CacheDirectory.openRoot(cache);
      try {
        await use(cache, root);
      } finally {
        await root.close();
      }
    });
  }
  const identity = (cache: string) => identityOf(lstatSync(path.join(cache, 'd/r'), { bigint: true }));

  it('gives a source that stays the same file, whatever its name leads to', async () => {
    await scene(async (cache, root) => {
      const record = await openRecord(root, 'd/r', identity(cache));
      assert.ok(typeof record === 'object');
      if (process.platform === 'linux') {
        renameSync(path.join(cache, 'd'), path.join(cache, 'e'));
        mkdirSync(path.join(cache, 'd'));
        writeFileSync(path.join(cache, 'd/r'), 'other');
      }
      assert.equal(readFileSync(record.source, 'utf8'), 'record');
      assert.ok(await record.isUnchanged());
      appendFileSync(record.source, '!');
      assert.ok(!(await record.isUnchanged()));
      await record.close();
    });
  });

  it('notices another file, none, a link, and a link above (S8)', async () => {
    await scene(async (cache, root) => {
      const seen = identity(cache);
      appendFileSync(path.join(cache, 'd/r'), '!');
      assert.equal(await openRecord(root, 'd/r', seen), 'changed');
      const now = identity(cache);
      renameSync(path.join(cache, 'd/r'), path.join(cache, 'd/s'));
      assert.equal(await openRecord(root, 'd/r', now), 'vanished');
      symlinkSync('s', path.join(cache, 'd/r'));
      assert.equal(await openRecord(root, 'd/r', now), 'changed');
      renameSync(path.join(cache, 'd'), path.join(cache, 'e'));
      symlinkSync('e', path.join(cache, 'd'));
      await assert.rejects(openRecord(root, 'd/s', now), { code: 'OutsideCache' });
    });
  });
});
