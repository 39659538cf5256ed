/** Records come by put() of the library. */
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { CacheError } from '../../../../lib/index.js';
import { bytesOf, content, hashOf } from '../content.js';
import { cache, name } from '../names.js';
import { step } from '../step.js';
import { violated } from '../violation.js';

export const put = step({
  name: 'put',
  weight: 30,
  args: fc.record({ cache, name, content, overwrite: fc.boolean(), stream: fc.boolean() }),
  async run(world, truth, { cache, name, content, overwrite, stream }) {
    const bytes = bytesOf(content);
    const root = world.caches[cache]!;
    const was = world.looker.file(join(root, name));
    const before = new Map(truth.local[cache]);
    let done = false;
    try {
      await world.archive(cache).put(name, stream ? [bytes.subarray(0, 50), bytes.subarray(50)] : bytes, {
        overwrite,
      });
      done = true;
    } catch (error) {
      // A file where a directory must be, the other way round, and a record that may not be replaced.
      const code = error instanceof CacheError ? error.code : (error as NodeJS.ErrnoException).code;
      const expected = ['AlreadyExists', 'ENOTDIR', 'EISDIR', 'EEXIST', 'ENOTEMPTY', 'OutsideCache', 'ELOOP'];
      if (!truth.trouble && !expected.includes(String(code))) throw error;
      if (code === 'AlreadyExists' && lstatSync(join(root, name), { throwIfNoEntry: false }) === undefined)
        violated(`put says that ${name} exists already, and there is none`);
    }
    const expected = done ? hashOf(bytes) : was?.hash;
    const is = world.looker.file(join(root, name));
    if (is?.hash !== expected) violated(`put of ${name}: ${is?.hash} instead of ${String(expected)}`);
    if (done && was !== undefined && !overwrite) violated(`put without overwrite replaced ${name}`);
    truth.adopt(cache, world.looker.tree(root));
    for (const [path, hash] of before)
      if (path !== name && truth.local[cache]!.get(path) !== hash) violated(`put of ${name} changed ${path}`);
  },
});
