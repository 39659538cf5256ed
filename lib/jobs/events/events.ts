/** All events of jobs; they are defined only here. */
import type { DiskUsage } from '../../cache/usage.js';
import type { Report } from './report.js';

export type { DiskUsage };

/** A copy that is under way. */
export interface InFlight {
  /** The name of the file, as in its other events. */
  path: string;
  /** Of `size` bytes, those that have been moved. */
  bytes: number;
  /** Bytes of the whole file. */
  size: number;
}

/** As a job makes it. */
export type JobEvent =
  /** A job has begun; its first event. `cache` is its local side, empty if there is none; `target` the URL. */
  | { type: 'pass:started'; job: Report['job']; cache: string; target: string; dryRun: boolean }
  /** How full the cache's disk is, in bytes and per cent, before the walk; `warning` when above `warning_mark_percent`. */
  | ({ type: 'usage'; warning: boolean } & DiskUsage)
  /** A copy begins. `size` in bytes; `attempt` from 1. */
  | { type: 'file:copying'; path: string; size: number; attempt: number }
  /** Of a copy: `bytes` of `size` have been moved. At most four times a second and copy, and at its end. */
  | { type: 'file:progress'; path: string; bytes: number; size: number }
  /** Copied and verified. `checksum` is `adler32:0123abcd`; absent under `verify: size`. */
  | { type: 'file:copied'; path: string; size: number; checksum?: string; seconds: number }
  /** The local file is gone, or in a retention the online file. `reason` says what allowed it. */
  | { type: 'file:removed'; path: string; size: number; reason: string }
  /** Retention that only reports: this file would be removed. `date` (ISO 8601) is the one from which its age is counted. */
  | { type: 'file:removable'; path: string; size: number; date: string }
  /** Nothing is to be done, or not yet: `reason` says why. */
  | { type: 'file:kept'; path: string; reason: string }
  /** A dry run: this would be done to the file, if nothing changes. Retention tells it by `file:removable`. */
  | {
      type: 'file:planned';
      path: string;
      size: number;
      action: 'copy' | 'remove' | 'restore' | 'stage' | 'evict' | 'read back';
      reason: string;
    }
  /** It couldn't be dealt with. `conflict`: the remote file differs. `code` and `errno` as in the report's failures. */
  | { type: 'file:failed'; path: string; code: string; errno?: number; message: string; conflict: boolean }
  /** Attempt number `attempt` failed; another will be made. */
  | { type: 'file:retry'; path: string; code: string; message: string; attempt: number; retriesLeft: number }
  /** The whole pass: at most 10 a second, and only when something has changed. */
  | {
      type: 'progress';
      job: Report['job'];
      filesDone: number;
      /** Files found so far; final once `walkDone`. */
      filesKnown: number;
      bytesDone: number;
      bytesKnown: number;
      walkDone: boolean;
      /** Bytes a second over the last few seconds. */
      rate: number;
      /** Null while it is not known. */
      etaSeconds: number | null;
      /** Copies that are under way. */
      copying: number;
      /** The first of them, those that began earliest first: at most 10. */
      inFlight: readonly InFlight[];
      /** Restoring: files that wait for tape. */
      waitingForTape?: number;
    }
  /** Tape was asked for these files. */
  | { type: 'stage:requested'; paths: string[]; requestId: string }
  /** A file that this job waits for has come from tape. */
  | { type: 'stage:online'; path: string }
  /** Restored: whole, verified, and under its own name. */
  | { type: 'file:restored'; path: string; size: number; checksum?: string }
  /** A restore finds it there already, and identical. */
  | { type: 'file:skipped'; path: string; reason: string }
  /** Its copy in the disk buffer was given up. */
  | { type: 'file:evicted'; path: string }
  /** Identical: to the local file or what was expected (verify); read back from tape (drill). */
  | { type: 'file:verified'; path: string; size: number; checksum?: string }
  /** The job has ended: its last event. Also of one that lost its server, which then throws. */
  | { type: 'pass:finished'; report: Report }
  /** When the service begins its next pass, ISO 8601, UTC; `late`: its slot was missed, and it begins now. */
  | { type: 'pass:scheduled'; job: Report['job']; at: string; late: boolean }
  /** A pass of the service that couldn't begin, or lost its server; in the latter case `pass:finished` came before. */
  | { type: 'pass:failed'; job: Report['job']; code: string; errno?: number; message: string };

/**
 * As listeners get it. `jobId` is the same in all events of one job, and another one in those of any other job: it is what the
 * method was given as `jobId`, else a random UUID. `pass:scheduled` and `pass:failed` have that of the pass that they tell of.
 * docs/library.md lists all types of events and their fields.
 */
export type ArchiveEvent = JobEvent & {
  /** Names the job that the event belongs to. */
  jobId: string;
};

/** The name of a type of events, like `file:copied`. `Archive.on` takes it. */
export type ArchiveEventType = ArchiveEvent['type'];
/** The events of one type: what `Archive.on` gives its listener. */
export type ArchiveEventOf<T extends ArchiveEventType> = Extract<
  ArchiveEvent,
  {
    /** The chosen type. */
    type: T;
  }
>;
export type JobEventOf<T extends ArchiveEventType> = Extract<JobEvent, { type: T }>;
