/** How full the cache may be: at the high mark the oldest records are removed, until the low mark is reached. */
import type { ArchiveConfig } from '../config/index.js';
import type { Room } from './removal.js';

export interface Watermarks {
  /** Per cent of the usable space, as `df` counts. */
  high: number;
  low: number;
}

/** Undefined: none are set, or nothing is ever removed. */
export function watermarksOf({
  autoRemove,
  highWaterPercent,
  lowWaterPercent,
}: Pick<ArchiveConfig, 'autoRemove' | 'highWaterPercent' | 'lowWaterPercent'>): Watermarks | undefined {
  if (autoRemove === 'never' || highWaterPercent === undefined || lowWaterPercent === undefined)
    return undefined;
  return { high: highWaterPercent, low: lowWaterPercent };
}

/** Bytes. */
export interface Usage {
  used: number;
  available: number;
}

/** @param marks undefined: none are set, and every record that may be removed is */
export function roomOf(usage: Usage, marks: Watermarks | undefined): Room {
  if (marks === undefined) return 'needed';
  return bytesAbove(usage, marks.high) >= 0 ? 'oldest_first' : 'enough';
}

/** Bytes to remove until the mark is reached; negative below it. */
export function bytesAbove({ used, available }: Usage, percent: number): number {
  return used - ((used + available) * percent) / 100;
}

export interface Aged {
  path: string;
  /** Bytes. */
  size: number;
  /** From changedAt() of settling.ts. */
  changedAt: number;
}

/** Lists of fewer files are not cut. */
const SMALL = 1000;

/**
 * Keeps the oldest files of a stream whose sizes add up to `bytes`. Holds at most 1,000 files or twice the number kept,
 * whichever is larger, and never more than twice `mostFiles`. If two files have the same age, the first by path counts as the
 * older, so that the order of the stream doesn't matter.
 */
export class OldestFiles<T extends Aged> {
  readonly #bytes: number;
  readonly #mostFiles: number;
  #files: T[] = [];
  #cutAt = SMALL;

  constructor(bytes: number, mostFiles: number) {
    this.#bytes = bytes;
    this.#mostFiles = mostFiles;
  }

  /** @returns files that are certainly not among the oldest; not all of them at once */
  add(file: T): T[] {
    this.#files.push(file);
    if (this.#files.length < Math.min(this.#cutAt, 2 * this.#mostFiles)) return [];
    const kept = this.take(this.#bytes);
    const others = this.#files;
    this.#files = kept;
    this.#cutAt = Math.max(2 * kept.length, SMALL);
    return others;
  }

  /**
   * Takes out the oldest files, oldest first, until their sizes add up to `bytes` or more; all files if they have less. None
   * for 0 or less.
   */
  take(bytes: number): T[] {
    this.#files.sort(olderFirst);
    let [sum, count] = [0, 0];
    for (const { size } of this.#files) {
      if (sum >= bytes || count >= this.#mostFiles) break;
      sum += size;
      count += 1;
    }
    return this.#files.splice(0, count);
  }
}

function olderFirst(a: Aged, b: Aged): number {
  if (a.changedAt !== b.changedAt) return a.changedAt < b.changedAt ? -1 : 1;
  return a.path < b.path ? -1 : Number(a.path > b.path);
}
