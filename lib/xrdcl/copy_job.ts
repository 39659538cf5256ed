/** One copy of any kind: runs it, reports progress, compares checksums, and removes the partial file of a failed copy. */
import { stoppable } from '../addon/abort.js';
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
import { cgiOf, isRemoteUrl } from './location.js';
import type { MadeFile } from './made_file.js';
import { hideOpaque } from './opaque.js';
import type { RateLimit } from './rate_limit.js';
import { isSmallCopy, startSmallCopy } from './small_copy.js';
import { errorResponse, localError, statusOf } from './status_codes.js';
import { unlessGivenUp } from './unless_given_up.js';

/** How a copy ended. */
export interface CopyResult {
  /** Position of the job, in the order of `add`. */
  index: number;
  /** As it was given. */
  source: string;
  /** As it was given. */
  target: string;
  /** Undefined when the copy is complete. */
  error: XRootDError | undefined;
  /** Bytes copied. */
  size: number;
  /** The source's checksum, computed while reading; with `checkSumMode` `source` or `end2end`. */
  sourceChecksum?: Checksum;
  /** Of the same bytes, of the type `alsoCheckSumType`; only of a small copy. */
  alsoSourceChecksum?: Checksum;
  /** The target's checksum; with `checkSumMode` `target` or `end2end`. */
  targetChecksum?: Checksum;
  /** `targetChecksum` is of the finished file, read again after the copy: always on a server; locally only if it is small. */
  targetAtRest: boolean;
  /** All sources that were read. libXrdCl up to 6.1 reports none, although documented; then only the given source. */
  sources: string[];
  /** The data server that took the file; libXrdCl documents this, but doesn't report it up to 6.1. */
  realTarget?: string;
  /**
   * The failed copy has left a target, or may have: it could not be removed, or the server could not be asked about it, or
   * it can't be distinguished from somebody else's file. A person should be told.
   */
  partialLeft: boolean;
  /**
   * The file that this copy made on a server, or overwrote completely with `force`, also if the copy failed. Undefined if
   * that isn't known: for third-party copies, with `preserveXAttr` or `continue`, and if another plug-in of libXrdCl serves
   * the URL.
   */
  made?: MadeFile;
  /** The file that this copy made on this machine: `device:inode`. Undefined if that isn't known. */
  localFile?: string;
  /** With `sync`: the server has written the copy to its disks. Undefined when the copy failed before. */
  synced?: boolean;
}

/** How far a copy is. */
export interface CopyProgress {
  /** Position of the job, in the order of `add`. */
  index: number;
  /** As it was given. */
  source: string;
  /** As it was given. */
  target: string;
  /** Bytes written to the target so far; flush, close and checksum come after the last one. */
  bytes: number;
  /** 0 for a `dynamicSource`. */
  size: number;
}

/** Which copy it is. */
export type CopyJob = Pick<CopyProgress, 'index' | 'source' | 'target'>;

export interface Job extends CopyJob {
  properties: JobProperties;
  sizeHint: number | undefined;
  sync: boolean;
  alsoCheckSumType: CopyJobOptions['alsoCheckSumType'];
}

/** @throws TypeError, RangeError for options that libXrdCl would misread */
export function jobOf(index: number, options: CopyJobOptions): Job {
  const { source, target, sizeHint, alsoCheckSumType } = options;
  const properties = jobPropertiesOf(options);
  for (const end of [source, target]) hideOpaque(cgiOf(end));
  const sync = options.sync === true && isRemoteUrl(target);
  return { index, source, target, sizeHint, sync, alsoCheckSumType, properties };
}

export interface JobWatch {
  onJobStart?: ((job: CopyJob) => unknown) | undefined;
  onProgress?: ((progress: CopyProgress) => unknown) | undefined;
  /** Progress calls a second. */
  progressPerSecond: number;
  rateLimit: RateLimit | undefined;
  signal: AbortSignal;
  /** Runs a listener, and catches what it throws or rejects with. */
  safely: (call: () => unknown) => void;
}

/** A cancelled copy that takes longer than this to end, in milliseconds, has a silent server. */
const stall = 3000;

/** Milliseconds: more than a copy takes. */
const longestInterval = 2 ** 31;

/** Never rejects: a failure is in the result. */
export async function runJob(
  job: Job,
  { onJobStart, onProgress, progressPerSecond, rateLimit, signal, safely }: JobWatch,
): Promise<CopyResult> {
  const { index, source, target } = job;
  const interval = Math.min(longestInterval, Math.ceil(1000 / progressPerSecond));
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
  const copying = copyEither({ ...job, properties: native, trySmall }, pace, interval, signal, {
    started: () => {
      safely(() => onJobStart?.({ index, source, target }));
    },
    progress: tell,
  });
  // A download is waited for: it may yet open its local target.
  const copied = isRemoteUrl(target) ? await unlessGivenUp(copying, signal) : await copying;
  // What it makes from now on isn't taken back when it ends: by then another copy job may have compared it, and its source be gone.
  if (copied === undefined) {
    const failure = statusOf('OperationInterrupted', 'given up while the server let it wait');
    return resultOf(job, failure, { bytes: 0 }, { partialLeft: true });
  }
  const { error, results, cancelled, stalled, opened, small } = copied;
  const made = madeOf(results, error);
  const failure = error ?? (plan && (await verifyChecksums(plan, results, signal)));
  if (failure !== undefined) {
    const { asked = true, localFile } = results;
    const target = { asked, opened, made, localFile };
    const partialLeft = await leavesPartial({ properties: native, failure, stalled, ...target });
    // A copy that is cancelled while it connects, or at a silent server, fails with a connection error; report the cancel.
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
  /** It took long to end after it was cancelled: a server is silent. */
  stalled: boolean;
  /** The copy opened its target, which without `force` was not there before. */
  opened: boolean | undefined;
  /** It was made as a small copy. */
  small: boolean;
}

async function copyEither(
  { properties, sync, alsoCheckSumType, trySmall }: Job & { trySmall: boolean },
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
      startSmallCopy(properties, { sync, alsoCheckSumType }, ended),
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

/** Starts a copy, cancels it when the signal aborts, and resolves when it has ended. */
function ending<R>(
  signal: AbortSignal,
  start: (ended: Ended<R>) => NativeOperation,
): Promise<Pick<Copied, 'error' | 'cancelled' | 'stalled'> & { results: R }> {
  let cancelledAt = Infinity;
  return new Promise((resolve) => {
    stoppable(signal, (ignore) => {
      const operation = start((error, results) => {
        ignore();
        const cancelled = cancelledAt < Infinity;
        resolve({ error, results, cancelled, stalled: performance.now() - cancelledAt > stall });
      });
      return () => {
        cancelledAt = performance.now();
        operation.cancel();
      };
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
  const also = checksumOf(results.alsoCheckSum);
  if (also) result.alsoSourceChecksum = also;
  if (targetChecksum) result.targetChecksum = targetChecksum;
  if (results.realTarget !== undefined) result.realTarget = results.realTarget;
  if (made) result.made = made;
  if (results.localFile !== undefined) result.localFile = results.localFile;
  // A copy that doesn't use our own target file (upload_file.h) wasn't synced.
  const synced = results.synced ?? (sync && failure === undefined ? false : undefined);
  if (synced !== undefined) result.synced = synced;
  return result;
}
