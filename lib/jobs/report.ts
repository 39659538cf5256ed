/** What a job did, as a whole. The same object ends the events, the log and `--json`. */

/** One record that could not be dealt with, in an operator's words. */
export interface Failure {
  /** Path of the record relative to the cache (or of the remote file relative to the target's base). */
  path: string;
  /** A name from the error table: `NotFound`, `ChkSumErr`, `ConnectionError`, `EACCES`, `Conflict`, … */
  code: string;
  /** POSIX errno where there is one. */
  errno?: number;
  message: string;
}

/**
 * The numbers add up: `scanned === copied + removed + kept + failed + conflicts`.
 * A file that was copied and removed in one pass counts in `copied`, and once more in `removedAfterCopy`.
 */
export interface Report {
  job: 'backup' | 'restore' | 'verify' | 'retention';
  /** ISO 8601, UTC. */
  startedAt: string;
  finishedAt: string;
  /** True: nothing was changed; the numbers tell what would have been done. */
  dryRun: boolean;
  /** True: ended before the walk did, by the caller's signal. */
  interrupted: boolean;
  /** What ended the job early: the server was lost, the cache couldn't be read. Its path is empty. */
  error?: Failure;
  scanned: number;
  copied: number;
  removed: number;
  removedAfterCopy: number;
  kept: number;
  failed: number;
  conflicts: number;
  /** Restoring with `evict`: files whose copies in the disk buffer were given up again. */
  evicted?: number;
  /** Bytes of the files counted in `copied`. */
  bytesCopied: number;
  /** Bytes of the local files that were removed. */
  bytesRemoved: number;
  /** Why files were kept, with counts: `not on tape yet: 12`. */
  keptReasons: Record<string, number>;
  /** The first 1,000 failures and conflicts; `failed` and `conflicts` count all of them. */
  failures: Failure[];
}
