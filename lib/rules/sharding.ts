/** Several processes share one pass. A file's path alone decides which one has it, so they need not communicate. */
import { pathFraction } from './path_fraction.js';

/** Which part of the files is a process's own. */
export interface Shard {
  /** From 0, as job arrays count. */
  index: number;
  /** Number of processes that share the pass. */
  count: number;
}

export const MAX_SHARDS = 100_000;

/** Never changes: two versions of this package that share a pass must agree. */
const SEED = 'shard';

/** @param path relative to the cache, or to the target's base, which is the same */
export function shardOf(path: string, count: number): number {
  return Math.floor(pathFraction(path, SEED) * count);
}

/** Always true if the pass isn't shared. */
export function inShard(path: string, shard: Shard | undefined): boolean {
  return shard === undefined || shardOf(path, shard.count) === shard.index;
}

/** Each shard has its own of what passes keep under a name. */
export function nameFor(shard: Shard | undefined, name: string): string {
  return shard === undefined ? name : `${name}.${shard.index}-of-${shard.count}`;
}

/** What is wrong with it; undefined if nothing is. */
export function shardProblem({ index, count }: Shard): string | undefined {
  const whole = Number.isInteger(index) && Number.isInteger(count);
  if (whole && index >= 0 && index < count && count <= MAX_SHARDS) return undefined;
  return `must be i/n, i from 0 to n - 1, n up to ${MAX_SHARDS}: 0/4, 1/4, 2/4 and 3/4 for four processes`;
}
