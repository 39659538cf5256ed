/** A store for one shard of a pass: all shards together have no more checksum queries in flight than one unsharded pass. */
import pLimit from 'p-limit';
import type { Shard } from '../rules/sharding.js';
import type { LimitedStore } from './limited_store.js';

/**
 * A server has one limit for the checksum queries of all clients, and makes those beyond it wait for half a minute.
 * @param shard undefined: the pass isn't sharded, and the store is returned unchanged
 * @param atOnce checksum queries in flight, of all shards together
 */
export function shardStore(store: LimitedStore, shard: Shard | undefined, atOnce: number): LimitedStore {
  if (shard === undefined) return store;
  const checksums = pLimit(Math.max(1, Math.floor(atOnce / shard.count)));
  return { ...store, checksum: (...query) => checksums(() => store.checksum(...query)) };
}
