/** Several processes share one pass: whose a file is, is a function of its path alone, so they need not talk. */
import { pathFraction } from './path_fraction.js';

export interface Shard {
  /** From 0, as job arrays count. */
  index: number;
  /** Of all that share the pass. */
  count: number;
}

export const MAX_SHARDS = 100_000;

/** Part of what a shard is: two versions side by side must agree, so it never changes. */
const SEED = 'shard';

/** @param path relative to the cache, or to the target's base, which is the same */
export function shardOf(path: string, count: number): number {
  return Math.floor(pathFraction(path, SEED) * count);
}

/** Everything is in the pass that isn't shared. */
export function inShard(path: string, shard: Shard | undefined): boolean {
  return shard === undefined || shardOf(path, shard.count) === shard.index;
}

/** What is wrong with it; undefined if nothing is. */
export function shardProblem({ index, count }: Shard): string | undefined {
  const whole = Number.isInteger(index) && Number.isInteger(count);
  if (whole && index >= 0 && index < count && count <= MAX_SHARDS) return undefined;
  return `must be i/n, i from 0 to n - 1, n up to ${MAX_SHARDS}: 0/4, 1/4, 2/4 and 3/4 for four processes`;
}
