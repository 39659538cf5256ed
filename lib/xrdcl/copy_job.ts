/** One copy, whichever way it goes: run, watched, its checksums compared, and what it failed to make removed. */
import { onAbort } from '../addon/abort.js';
import {
  addon,
  copyEnded,
  copyHeldUp,
  copyProgress,
  copyStarted,
  type NativeCopyResults,
  type NativeOperation,
  type NativeSmallCopyResults,
  type NativeStatus,
} from '../addon/addon.js';
import type { Checksum } from '../posix/checksum.js';
import { checksumOf, planChecksums, verifyChecksums } from './copy_checksums.js';
import { jobPropertiesOf, type CopyJobOptions, type JobProperties } from './copy_options.js';
import { CopyPace } from './copy_pace.js';
import { checkLocalTarget, isConnectionLost, leavesPartial } from './copy_target.js';
import { XRootDError } from './error.js';
import { isRemoteUrl } from './location.js';
import type { MadeFile } from './made_file.js';
import type { RateLimit } from './rate_limit.js';
import { isSmallCopy, startSmallCopy } from './small_copy.js';
import { errorResponse, localError, statusOf } from './status_codes.js';

export interface CopyResult {
  /** Position of the job, in the order of `add`. */
  index: number;
  source: string;
  target: string;
  /** Undefined when the copy is complete. */
  error: XRootDError | undefined;
  /** Bytes copied. */
  size: number;
  /** As computed while reading, with `checkSumMode` `source` or `end2end`. */
  sourceChecksum?: Checksum;
  /** The server's, with `checkSumMode` `target` or `end2end`. */
  targetChecksum?: Checksum;
  /** It is of the file as it was read again once it was written: always on servers, of local files if they are small. */
  targetAtRest: boolean;
  /** All sources that were read; libXrdCl documents more, and up to 6.1 tells none: then the one that was asked for. */
  sources: string[];
  /** The data server that took it; documented by libXrdCl, told by none up to 6.1. */
  realTarget?: string;
  /**
   * The failed copy made a target that could not be removed again, or not be asked about, or what is there can't be told
   * from another's file: say so to somebody.
   */
  partialLeft: boolean;
  /**
   * The file that this copy made on a server, or wholly overwrote with `force`, however it ended. Undefined when that
   * isn't known: of third-party copies, with `preserveXAttr` or `continue`, and of a server that another plug-in of
   * libXrdCl serves.
   */
  made?: MadeFile;
  /** The file that it made on this machine: `device:inode`. Undefined when that isn't known. */
  localFile?: string;
  /** With `sync`: the server has written the copy to its disks. Undefined when the copy failed before. */
  synced?: boolean;
  /** With `readBack`, where it was done: the bytes that came back, against those that were sent. */
  readBack?: 'identical' | 'different';
}

export interface CopyProgress {
  index: number;
  source: string;
  target: string;
  /** Bytes handed to the target so far; flush, close and checksum come after the last. */
  bytes: number;
  /** 0 for a `dynamicSource`. */
  size: number;
}

export type CopyJob = Pick<CopyProgress, 'index' | 'source' | 'target'>;

export interface Job extends CopyJob {
  properties: JobProperties;
  sizeHint: number | undefined;
  sync: boolean;
  readBack: boolean;
}

/** @throws TypeError, RangeError for options that libXrdCl would misread */
export function jobOf(index: number, options: CopyJobOptions): Job {
  const { source, target, sizeHint } = options;
  const properties = jobPropertiesOf(options);
  const upload = isRemoteUrl(target);
  const { sync = false, readBack = false } = options;
  return { index, source, target, sizeHint, sync: sync && upload, readBack: readBack && upload, properties };
}

export interface JobWatch {
  onJobStart?: ((job: CopyJob) => unknown) | undefined;
  onProgress?: ((progress: CopyProgress) => unknown) | undefined;
  /** Progress calls a second. */
  progressPerSecond: number;
  rateLimit: RateLimit | undefined;
  signal: AbortSignal;
  /** Runs a listener, and takes what it throws or rejects with. */
  safely: (call: () => unknown) => void;
}

/** Milliseconds in which a cancelled copy ends when data flow. */
const stall = 3000;

/** Never rejects: what went wrong is in the result. */
export async function runJob(
  job: Job,
  { onJobStart, onProgress, progressPerSecond, rateLimit, signal, safely }: JobWatch,
): Promise<CopyResult> {
  const { index, source, target } = job;
  const interval = Math.ceil(1000 / progressPerSecond);
  let last = -1;
  const tell = (bytes: number, size: number) => {
    last = bytes;
    safely(() => onProgress?.({ index, source, target, bytes, size }));
  };
  const { native, plan } = planChecksums(job.properties);
  const pace = CopyPace.of(rateLimit, native, signal);
  const trySmall = isSmallCopy(native, job.sizeHint);
  if (pace !== undefined) await pace.begin(job.sizeHint, trySmall);
  if (signal.aborted) {
    return resultOf(job, statusOf('OperationInterrupted', 'cancelled before it started'), { bytes: 0 });
  }
  const copied = await copyEither({ ...job, properties: native, trySmall }, pace, interval, signal, {
    started: () => {
      safely(() => onJobStart?.({ index, source, target }));
    },
    progress: tell,
  });
  const { error, results, cancelled, stalled, opened, small } = copied;
  const made = madeOf(results, error);
  const failure = error ?? (plan && (await verifyChecksums(plan, results, signal)));
  if (failure !== undefined) {
    const { asked = true, localFile } = results;
    const target = { asked, opened, made, localFile };
    const partialLeft = await leavesPartial({ properties: native, failure, stalled, ...target });
    // A copy that is cancelled while it connects, or at a silent server, fails as such; but it was cancelled.
    const told =
      cancelled && !isAnswer(failure) ? statusOf('OperationInterrupted', failure.message) : failure;
    return resultOf(job, told, results, { made, partialLeft });
  }
  const size = results.size ?? results.bytes;
  if (last !== size) tell(size, size);
  return resultOf(job, undefined, results, { made, targetAtRest: small || plan?.target !== undefined });
}

function madeOf({ made }: NativeCopyResults, error: NativeStatus | undefined): MadeFile | undefined {
  if (made === undefined) return undefined;
  return { ...made, complete: error === undefined, held: error === undefined || !isConnectionLost(error) };
}

interface Copied {
  error: NativeStatus | undefined;
  results: NativeCopyResults;
  cancelled: boolean;
  /** It took long to end after it was cancelled: one of its ends is silent. */
  stalled: boolean;
  /** The copy opened its target, which without `force` was not there before. */
  opened: boolean | undefined;
  /** Made in the way of small copies. */
  small: boolean;
}

async function copyEither(
  { properties, sync, readBack, trySmall }: Job & { trySmall: boolean },
  pace: CopyPace | undefined,
  interval: number,
  signal: AbortSignal,
  on: { started: () => void; progress: (bytes: number, size: number) => void },
): Promise<Copied> {
  let { started } = on;
  if (trySmall) {
    started();
    started = () => undefined;
    const end = await ending<NativeSmallCopyResults>(signal, (ended) =>
      startSmallCopy(properties, { sync, readBack }, ended),
    );
    const { opened, tooLarge } = end.results;
    if (!tooLarge) return { ...end, opened, small: true };
    await pace?.begin();
  }
  const end = await ending<NativeCopyResults>(signal, (ended) => {
    const paced = pace?.properties ?? properties;
    const operation = addon.copy(paced, interval, pace !== undefined, sync, (event, first, second) => {
      if (event === copyStarted) started();
      else if (event === copyProgress) on.progress(first as number, second as number);
      else if (event === copyEnded) ended(first as NativeStatus | undefined, second as NativeCopyResults);
      else if (event === copyHeldUp)
        void pace?.next(first as number, second as number).then((bytes) => {
          operation.allow(bytes);
        });
    });
    return operation;
  });
  const opened = end.results.opened ?? (end.error === undefined || end.results.bytes > 0);
  const error = end.error ?? (await checkLocalTarget(properties, end.results));
  return { ...end, error, opened, small: false };
}

type Ended<R> = (error: NativeStatus | undefined, results: R) => void;

/** The end of a copy, cancelled by the signal. */
function ending<R>(
  signal: AbortSignal,
  start: (ended: Ended<R>) => NativeOperation,
): Promise<Pick<Copied, 'error' | 'cancelled' | 'stalled'> & { results: R }> {
  let cancelledAt = Infinity;
  return new Promise((resolve) => {
    const operation = start((error, results) => {
      ignore();
      const cancelled = cancelledAt < Infinity;
      resolve({ error, results, cancelled, stalled: performance.now() - cancelledAt > stall });
    });
    const ignore = onAbort(signal, () => {
      cancelledAt = performance.now();
      operation.cancel();
    });
  });
}

function isAnswer({ code }: NativeStatus): boolean {
  return code === errorResponse || code === localError;
}

function resultOf(
  job: Job,
  failure: NativeStatus | undefined,
  results: NativeCopyResults,
  {
    made,
    partialLeft = false,
    targetAtRest = false,
  }: { made?: MadeFile | undefined; partialLeft?: boolean; targetAtRest?: boolean } = {},
): CopyResult {
  const { index, source, target, sync } = job;
  const error = failure && new XRootDError(failure, { operation: 'copy', source, target });
  const result: CopyResult = {
    index,
    source,
    target,
    error,
    size: results.size ?? results.bytes,
    sources: results.sources?.length ? results.sources : [source],
    targetAtRest,
    partialLeft,
  };
  const sourceChecksum = checksumOf(results.sourceCheckSum);
  const targetChecksum = checksumOf(results.targetCheckSum);
  if (sourceChecksum) result.sourceChecksum = sourceChecksum;
  if (targetChecksum) result.targetChecksum = targetChecksum;
  if (results.realTarget !== undefined) result.realTarget = results.realTarget;
  if (made) result.made = made;
  if (results.localFile !== undefined) result.localFile = results.localFile;
  // A copy that nothing of ours stands in for wasn't synced.
  const synced = results.synced ?? (sync && failure === undefined ? false : undefined);
  if (synced !== undefined) result.synced = synced;
  if (results.readBack !== undefined) result.readBack = results.readBack;
  return result;
}
