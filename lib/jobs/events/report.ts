/** What a job did, as a whole. The same object ends the events, the log and `--json`. */
import type { Shard } from '../../rules/sharding.js';
import type { TapeWait } from '../../rules/tape_wait.js';

/** One record that could not be dealt with, in an operator's words. */
export interface Failure {
  /** Path of the record relative to the cache (or of the remote file relative to the target's base). */
  path: string;
  /** A name from the error table: `NotFound`, `ChkSumErr`, `ConnectionError`, `EACCES`, `Conflict`, … */
  code: string;
  /** POSIX errno where there is one. */
  errno?: number;
  /** What happened, in words. */
  message: string;
}

/** What `rebuild` has brought into the catalogue. */
export interface Rebuilt {
  /** Segments that were read. */
  segments: number;
  /** Lines in them: a row that changed is in several. */
  rows: number;
  /** Lines in them about rows that were taken out. */
  forgotten: number;
  /** Files of the server's listing that got a row. */
  listed: number;
  /** Those of them for which the server gave no checksum, although it was asked. */
  unsummed: number;
  /** Rows of the catalogue for which there is only the server's word. */
  serverOnly: number;
}

/**
 * The numbers add up: every scanned file is in exactly one of `copied`, `removed`, `staged`, `requested`, `verified`,
 * `noted`, `kept`, `failed`, `conflicts`, and, where the job is `evict`, `evicted`.
 * A file that was copied and removed in one pass counts in `copied`, and once more in `removedAfterCopy`; one that a
 * restore or a drill evicted counts once more in `evicted`.
 */
export interface Report {
  /** Which job it was. */
  job: 'backup' | 'restore' | 'stage' | 'evict' | 'verify' | 'drill' | 'retention' | 'rebuild';
  /** ISO 8601, UTC. */
  startedAt: string;
  /** ISO 8601, UTC. */
  finishedAt: string;
  /** True: nothing was changed; the numbers tell what would have been done. */
  dryRun: boolean;
  /** True: ended before the walk did, by the caller's signal. */
  interrupted: boolean;
  /** Only chosen records were looked at, or another side than the cache or the catalogue. */
  partial?: true;
  /** The part of the files that this pass did, where several processes shared it. */
  shard?: Shard;
  /** Backup: what somebody should look at though no file failed, like a cache whose disk seems not to be mounted. */
  warnings?: string[];
  /** What ended the job early: the server was lost, the cache couldn't be read. Its path is empty. */
  error?: Failure;
  /** Files that were looked at. */
  scanned: number;
  /** Files that were copied, and found identical. */
  copied: number;
  /** Local (retention: online) files that were removed, and weren't copied in this pass. */
  removed: number;
  /** Files of `copied` that were removed in the same pass. */
  removedAfterCopy: number;
  /** Files for which there was nothing to do, or not yet; `keptReasons` says why. */
  kept: number;
  /** Files that couldn't be dealt with; `failures` says why. */
  failed: number;
  /** Files that differ from their other copy; nothing was overwritten. */
  conflicts: number;
  /** Staging: files that tape was asked for and that are online now. */
  staged?: number;
  /** Staging without waiting: files that tape was asked for. */
  requested?: number;
  /** Verifying: files that are identical. A drill: files that were read back from tape and are what server and catalogue say. */
  verified?: number;
  /** Rebuilding: segments that were read, and files of the listing that got a row. */
  noted?: number;
  /** Rebuilding: what the catalogue got, and from where. */
  rebuilt?: Rebuilt;
  /** Files evicted from the disk buffer: by `evict`, by a drill, or by a restore with `evict`. */
  evicted?: number;
  /** Seed of the random choice: with it the same drill or sample can be drawn again. */
  seed?: string;
  /** Backup: what is still here and not on tape; absent where tape wasn't asked (`never` without `max_age_warning`). */
  notOnTape?: TapeWait;
  /** Backup: records of the catalogue that have left the cache, and aren't known to be on tape; absent if there are none. */
  removedNotOnTape?: TapeWait;
  /** Backup: records of the catalogue that have left the cache, and that the server has no longer or with other bytes. */
  lost?: number;
  /** Retention: nobody has confirmed its settings yet, so that it only reports. */
  unconfirmed?: true;
  /** Bytes of the files counted in `copied`, and of complete copies whose files failed afterwards. */
  bytesCopied: number;
  /** Bytes of the files counted in `staged` or `requested`. */
  bytesStaged?: number;
  /** Bytes of the files counted in `verified`. */
  bytesVerified?: number;
  /** Bytes of the local files that were removed, or, by retention, of online files. */
  bytesRemoved: number;
  /** Why files were kept, with counts: `not on tape yet: 12`. */
  keptReasons: Record<string, number>;
  /** The first 1,000 failures and conflicts; `failed` and `conflicts` count all of them. */
  failures: Failure[];
}
