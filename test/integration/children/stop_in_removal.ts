/** Captures `r0` of the cache that is named, says so, and stands still before it removes it. To be killed. */
import { lstatSync } from 'node:fs';
import path from 'node:path';
import { captureAndRemove } from '../../../lib/cache/capture.js';
import { CacheDirectory } from '../../../lib/cache/directory.js';

const cache = process.argv[2] ?? '';
let asked = 0;
await captureAndRemove(
  await CacheDirectory.openRoot(cache),
  'r0',
  lstatSync(path.join(cache, 'r0'), { bigint: true }),
  {
    hasWriters: () => {
      if (asked++ === 0) return false;
      process.stdout.write('captured\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
      return false;
    },
  },
);
