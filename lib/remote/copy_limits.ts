/** How many copies run at once: the configured number, or with `auto` the number that gives the best throughput. */
import type { ArchiveConfig } from '../config/index.js';
import { CopyTuner } from '../rules/copy_tuner.js';
import { isSmallFile, XRootDError } from '../xrdcl/index.js';
import type { Lane } from './copy_gate.js';
import { mostOpenFiles } from './open_files.js';

/** A small file takes three short requests, no thread, and at most a megabyte, so many can be copied at once. */
const smallPerLarge = 8;

export type CopyKind = 'large' | 'small';

export function kindOf(size: number | undefined): CopyKind {
  return isSmallFile(size) ? 'small' : 'large';
}

/** With `auto`. One large file can fill a connection; a small one spends most of its time waiting for answers. */
const tuned = { large: { first: 4, most: 12 }, small: { first: 64, most: 256 } };

/**
 * The most that will ever run at once.
 * @param files how many files may be worked on at once; a third of them are for large copies
 */
export function mostCopies(
  parallel: ArchiveConfig['parallelCopies'],
  files = mostOpenFiles(),
): Record<CopyKind, number> {
  const { large, small } =
    parallel === 'auto'
      ? { large: tuned.large.most, small: tuned.small.most }
      : { large: parallel, small: parallel * smallPerLarge };
  return { large: atMost(large, files / 3), small: atMost(small, (files * 2) / 3) };
}

function atMost(count: number, most: number): number {
  return Math.max(1, Math.min(count, Math.floor(most)));
}

/** Overhead of a file beyond its own bytes, expressed in bytes. */
const costOfFile = 64 * 1024;

export class CopyLane implements Lane {
  readonly #tuner: CopyTuner | undefined;
  readonly #fixed: number;

  /** @param most most copies of this kind at once */
  constructor(kind: CopyKind, parallel: ArchiveConfig['parallelCopies'], most: number) {
    this.#tuner = parallel === 'auto' ? new CopyTuner({ first: tuned[kind].first, most }) : undefined;
    this.#fixed = most;
  }

  get limit(): number {
    return this.#tuner?.limit ?? this.#fixed;
  }

  idle(): void {
    this.#tuner?.idle();
  }

  /** Runs a copy and adjusts the limit to how it went. @throws what the copy throws */
  async watch<T extends { size: number }>(copy: () => Promise<T>): Promise<T> {
    try {
      const done = await copy();
      this.#tuner?.ended(done.size + costOfFile, performance.now());
      return done;
    } catch (error) {
      if (error instanceof XRootDError && error.retryable) this.#tuner?.failed(performance.now());
      throw error;
    }
  }
}
