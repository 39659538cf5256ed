/** A store whose requests are bounded, each kind by its own limit: servers stall when asked for too much at once. */
import pLimit from 'p-limit';
import type { RemoteStore } from './store.js';

export interface StoreLimits {
  /** Stats, removals and the like in flight. */
  stats: number;
  /** Checksum queries: xrootd computes four at a time by default, and lets others wait 30 seconds. */
  checksums: number;
  copies: number;
}

export function limitedStore(store: RemoteStore, limits: StoreLimits): RemoteStore {
  const stats = pLimit(limits.stats);
  const checksums = pLimit(limits.checksums);
  const copies = pLimit(limits.copies);
  return {
    stat: (name, signal) => stats(() => store.stat(name, signal)),
    remove: (name, signal) => stats(() => store.remove(name, signal)),
    checksum: (name, type, size, signal) => checksums(() => store.checksum(name, type, size, signal)),
    upload: (source, name, options) => copies(() => store.upload(source, name, options)),
    list: (directory, signal) => store.list(directory, signal),
    ping: (signal) => store.ping(signal),
  };
}
