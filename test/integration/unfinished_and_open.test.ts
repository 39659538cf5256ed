/** An unfinished copy of a record that can't be copied now. */
import assert from 'node:assert/strict';
import { closeSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { counts, withSharedArchive } from '../support/archive.js';
import { writeRecord } from '../support/records.js';

/** Of an empty one no byte is compared, so that nothing had looked for writers before it was removed. */
describe('an empty unfinished copy on the server', () => {
  it('stays as long as a program has the record open for writing: nothing could take its place', async () => {
    await withSharedArchive(async ({ sandbox, cache, pass }) => {
      await writeRecord(cache, 'r', 1000);
      writeFileSync(sandbox.diskPath('r'), '');
      const options = { autoRemove: 'cached', unfinishedAfterSeconds: 0 } as const;
      const writer = openSync(join(cache, 'r'), 'r+');
      try {
        const report = await pass(options);
        assert.deepEqual(report.keptReasons, { 'open for writing in another process': 1 });
        assert.equal(statSync(sandbox.diskPath('r')).size, 0);
      } finally {
        closeSync(writer);
      }
      assert.deepEqual(counts(await pass(options)), { scanned: 1, copied: 1, removedAfterCopy: 1 });
    });
  });
});
