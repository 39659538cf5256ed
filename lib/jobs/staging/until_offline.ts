/** An eviction that was accepted isn't done yet: the file may be in use, or be pinned by somebody else. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { RemoteStore } from '../../remote/store.js';

const firstMilliseconds = 50;
const mostMilliseconds = 1000;

/** Polls until the file is offline, at least once. @returns false if it still wasn't after `seconds` */
export async function untilOffline(
  store: RemoteStore,
  name: string,
  { seconds, signal }: { seconds: number; signal: AbortSignal },
): Promise<boolean> {
  const end = performance.now() + seconds * 1000;
  for (let wait = firstMilliseconds; ; wait = Math.min(wait * 1.5, mostMilliseconds)) {
    const now = await store.stat(name, signal);
    if (now?.offline === true) return true;
    if (performance.now() + wait > end) return false;
    await sleep(wait, undefined, { signal });
  }
}
