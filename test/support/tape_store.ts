import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { TapeStore } from '../../lib/sandbox/tape_store.js';
import { withTemp } from './temporary.js';

/** The sandbox's files on disk and tape, without a server. */
export async function withTapeStore<T>(use: (store: TapeStore) => Promise<T>): Promise<T> {
  return await withTemp(async (root) => {
    const layout = { disk: join(root, 'disk'), tape: join(root, 'tape'), incoming: join(root, 'incoming') };
    for (const directory of Object.values(layout)) await mkdir(directory);
    return await use(new TapeStore(layout));
  });
}
