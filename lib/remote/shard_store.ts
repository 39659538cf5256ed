/** A store for one shard of a pass: the shards together ask for no more checksums at once than the pass alone may. */
import pLimit from 'p-limit';
import type { Shard } from '../rules/sharding.js';
import type { LimitedStore } from './limited_store.js';

/**
 * A server has one bound for the checksum queries of all clients together, and lets those beyond it wait for half a minute.
 * @param shard undefined: nothing is shared, and the store stays as it is
 * @param atOnce checksum queries of all shards
 */
export function shardStore(store: LimitedStore, shard: Shard | undefined, atOnce: number): LimitedStore {
  if (shard === undefined) return store;
  const checksums = pLimit(Math.max(1, Math.floor(atOnce / shard.count)));
  return { ...store, checksum: (...query) => checksums(() => store.checksum(...query)) };
}
