/** The shard of a pass: the part that this process does, if several processes share it. */
import { ConfigError } from '../../config/index.js';
import { checkOptions } from '../../config/known_options.js';
import { shardProblem, type Shard } from '../../rules/sharding.js';

export interface ShardOptions {
  /** Do only this process's part. Default: everything. */
  shard?: Shard | undefined;
}

export const SHARD_OPTIONS = { shard: true } as const;

/** @throws {ConfigError} */
export function checkShard(shard: Shard | undefined): void {
  if (shard !== undefined) checkOptions(shard, { index: true, count: true }, 'shard');
  const message = shard && shardProblem(shard);
  if (message !== undefined) throw new ConfigError([{ key: 'shard', message }]);
}
