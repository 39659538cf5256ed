/** The part of a pass that this process does, where several share it. */
import pLimit from 'p-limit';
import { ConfigError } from '../../config/index.js';
import type { LimitedStore } from '../../remote/limited_store.js';
import { shardProblem, type Shard } from '../../rules/sharding.js';

export interface ShardOptions {
  /** Do only this process's part. Default: everything. */
  shard?: Shard | undefined;
}

/** @throws {ConfigError} */
export function checkShard(shard: Shard | undefined): void {
  const message = shard && shardProblem(shard);
  if (message !== undefined) throw new ConfigError([{ key: 'shard', message }]);
}

/**
 * The store for one shard: a server has one bound for the checksum queries of all clients together, and lets those beyond
 * it wait for half a minute.
 * @param atOnce queries of all shards
 */
export function storeOfShard(store: LimitedStore, shard: Shard | undefined, atOnce: number): LimitedStore {
  if (shard === undefined) return store;
  const checksums = pLimit(Math.max(1, Math.floor(atOnce / shard.count)));
  return { ...store, checksum: (...query) => checksums(() => store.checksum(...query)) };
}
