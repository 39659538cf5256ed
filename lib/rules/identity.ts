/** What makes a file the one that was seen before (S2). */

/** All bigint, as `lstat(path, {bigint: true})` gives them; times in nanoseconds since the epoch. */
export interface Identity {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

export function identityOf(stats: Identity): Identity {
  return { dev: stats.dev, ino: stats.ino, size: stats.size, mtimeNs: stats.mtimeNs, ctimeNs: stats.ctimeNs };
}

/** A time in whole microseconds, the nearest: who sets a time by a number of seconds sets it a little off. */
export function microseconds(timeNs: bigint): number {
  return Number((timeNs + 500n) / 1000n);
}

/** The same file, and nothing about it changed. */
export function sameIdentity(a: Identity, b: Identity): boolean {
  return sameInode(a, b) && a.size === b.size && a.mtimeNs === b.mtimeNs && a.ctimeNs === b.ctimeNs;
}

/** The same inode, whatever happened to it. */
export function sameInode(a: Pick<Identity, 'dev' | 'ino'>, b: Pick<Identity, 'dev' | 'ino'>): boolean {
  return a.dev === b.dev && a.ino === b.ino;
}

/**
 * The same file after we renamed it: a rename moves ctime (forward, never back) and nothing else.
 * `before` must have been equal to the verified identity just before the rename.
 */
export function sameButRenamed(before: Identity, after: Identity): boolean {
  return (
    sameInode(before, after) &&
    before.size === after.size &&
    before.mtimeNs === after.mtimeNs &&
    after.ctimeNs >= before.ctimeNs
  );
}
