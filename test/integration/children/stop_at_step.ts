/**
 * Removes the record `name` of a cache, and stands still once so many of its changes to the directory were made, to be
 * killed there; ends by itself where there are fewer. With `changed` the record is written to after its capture, so that it
 * must be put back.
 */
import { appendFileSync, lstatSync } from 'node:fs';
import fs from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import { captureAndRemove } from '../../../lib/cache/capture.js';
import { CacheDirectory } from '../../../lib/cache/directory.js';

const [cache = '', name = '', steps = '', changed = ''] = process.argv.slice(2);
let made = 0;
for (const call of ['mkdir', 'rename', 'link', 'unlink', 'rmdir'] as const) {
  const real = fs[call] as (...args: unknown[]) => Promise<unknown>;
  const stopping = async (...args: unknown[]) => {
    const result = await real(...args);
    made += 1;
    if (made === Number(steps)) {
      process.stdout.write(`after ${call}\n`);
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
    }
    return result;
  };
  Object.assign(fs, { [call]: stopping });
}
syncBuiltinESMExports();

const root = await CacheDirectory.openRoot(cache);
const verified = lstatSync(path.join(cache, name), { bigint: true });
const held = await fs.open(path.join(cache, name), 'a');
let asked = 0;
await captureAndRemove(root, name, verified, {
  hasWriters: () => {
    asked += 1;
    if (asked === 2 && changed !== '') appendFileSync(held.fd, ' changed');
    return false;
  },
});
