import assert from 'node:assert/strict';
import { mostCopies } from '../../lib/remote/copy_limits.js';
import { filesWithin, mostOpenFiles } from '../../lib/remote/open_files.js';

describe('files that may be open', () => {
  it('are as many as descriptors allow, and one at least', () => {
    assert.equal(filesWithin(1024, 24), 234);
    assert.equal(filesWithin(256, 24), 42);
    assert.equal(filesWithin(64, 24), 1);
    assert.ok(mostOpenFiles() >= 1);
  });

  it('bound copies, all of them together', () => {
    for (const parallel of ['auto', 1, 12, 255] as const)
      for (const files of [1, 2, 3, 10, 42, 234, 100_000, Infinity]) {
        const { large, small } = mostCopies(parallel, files);
        assert.ok(large >= 1 && small >= 1);
        assert.ok(large + small <= Math.max(files, 2), `${parallel} ${files}`);
      }
    assert.deepEqual(mostCopies(255, Infinity), { large: 255, small: 2040 });
    assert.deepEqual(mostCopies('auto', 100_000), mostCopies('auto', Infinity));
  });
});
