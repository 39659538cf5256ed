/** A server that dies, and comes back with its disk buffer lost. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { TapeStore } from '../../lib/sandbox/tape_store.js';
import type { TapeSandbox } from '../../lib/sandbox/index.js';

/** `buffer`: what is on tape as it is stays, offline. `all`: disk and tape are empty. */
export type Loss = 'buffer' | 'all';

/** Kills the server, and loses what was on its disk. `restart` of the sandbox brings it back. */
export async function killAndLose(sandbox: TapeSandbox, loss: Loss): Promise<void> {
  const { basePath } = sandbox;
  const [disk, tape] = [sandbox.diskPath(basePath), sandbox.tapePath(basePath)].map((path) =>
    path.slice(0, -basePath.length),
  ) as [string, string];
  const store = new TapeStore({ disk, tape, incoming: join(tape, '..', 'incoming') });
  // By way of the server, which so keeps their checksums, as a tape system's name space does. One that is open is refused.
  if (loss === 'buffer' && sandbox.pid !== undefined)
    for await (const path of store.walk(basePath))
      if ((await store.look(path))?.onTape === true) await sandbox.evict([path]).catch(() => undefined);
  await sandbox.kill();
  for await (const path of store.walk(basePath)) {
    const state = await store.look(path);
    if (loss === 'buffer' && state?.onTape === true) {
      if (!state.offline && state.size > 0) await store.evict(path, () => Promise.resolve(false));
    } else for (const copy of [store.diskPath(path), store.tapePath(path)]) await rm(copy, { force: true });
  }
}
