/** How full the cache's disk is. */
import { statfs } from 'node:fs/promises';

/** How full a disk is. */
export interface DiskUsage {
  /** Bytes. */
  total: number;
  /** Bytes. */
  used: number;
  /** Bytes that an unprivileged process may still write. */
  available: number;
  /** Per cent of what can be used, rounded to one decimal, as df counts. */
  usedPercent: number;
}

/** @throws ENOENT, EACCES, … */
export async function diskUsage(directory: string): Promise<DiskUsage> {
  return usageOf(await statfs(directory));
}

/** Blocks reserved for root are neither used nor available, and don't count in the percentage. */
export function usageOf(stats: { bsize: number; blocks: number; bfree: number; bavail: number }): DiskUsage {
  const used = (stats.blocks - stats.bfree) * stats.bsize;
  const available = stats.bavail * stats.bsize;
  const usable = used + available;
  return {
    total: stats.blocks * stats.bsize,
    used,
    available,
    usedPercent: usable === 0 ? 0 : Math.round((used / usable) * 1000) / 10,
  };
}
