/** Copies to and from a server. */
import {
  copyFile,
  isRemoteUrl,
  urlOf,
  type CopyJobOptions,
  type CopyResult,
  type FileSystem,
  type MadeFile,
  type RateLimit,
} from '../xrdcl/index.js';
import { withLoginOf } from '../xrdcl/opaque.js';
import { kindOf } from './copy_limits.js';
import type { Downloaded, DownloadOptions, Uploaded, UploadOptions } from './store.js';

export interface CopiesOptions {
  /** Of the server. */
  fileSystem: FileSystem;
  /** Most seconds for a copy; undefined: a copy fails only when the server falls silent. */
  timeout: number | undefined;
  rateLimit: RateLimit | undefined;
}

export class Copies {
  readonly #options: CopiesOptions;

  constructor(options: CopiesOptions) {
    this.#options = options;
  }

  /** As RemoteStore.upload(). @param path on the server */
  async upload(source: string, path: string, options: UploadOptions): Promise<Uploaded> {
    const { label = source, sizeHint, chunks, checksumType, sync, onLeft, onProgress, signal } = options;
    const alsoCheckSumType = options.alsoChecksumType;
    const target = urlOf(this.#options.fileSystem.url, path);
    const job: CopyJobOptions = {
      source,
      target,
      sizeHint,
      ...chunks,
      ...(checksumType !== undefined && {
        checkSumMode: 'source',
        checkSumType: checksumType,
        alsoCheckSumType,
      }),
      ...(sync && { sync }),
    };
    const result = await this.#copy(job, onProgress, signal, onLeft);
    const { error, size, sourceChecksum: checksum, alsoSourceChecksum: also, made, synced = false } = result;
    if (error === undefined) return { size, checksum, also, made, synced };
    throw error.about({ source: label });
  }

  /** As RemoteStore.download(). @param path on the server */
  async download(path: string, target: string, options: DownloadOptions): Promise<Downloaded> {
    const {
      label = target,
      sizeHint,
      chunks,
      checksumType,
      ownerOnly = false,
      thirdParty = false,
      onProgress,
      signal,
    } = options;
    const source = urlOf(this.#options.fileSystem.url, path);
    const job: CopyJobOptions = {
      source,
      // Another server gets no opaque information of this one.
      target: isRemoteUrl(target) ? withLoginOf(source, target) : target,
      sizeHint,
      ...chunks,
      ...(ownerOnly && { ownerOnly }),
      thirdParty: thirdParty ? 'only' : 'none',
      ...(kindOf(sizeHint) === 'small' &&
        checksumType && { checkSumMode: 'target', checkSumType: checksumType }),
    };
    const result = await this.#copy(job, onProgress, signal);
    const { error, size, targetChecksum, targetAtRest, localFile } = result;
    if (error === undefined) return { size, checksum: targetAtRest ? targetChecksum : undefined, localFile };
    throw error.about({ target: label });
  }

  async #copy(
    job: CopyJobOptions,
    onProgress: ((bytes: number) => void) | undefined,
    signal: AbortSignal | undefined,
    onLeft?: (made: MadeFile) => void,
  ): Promise<CopyResult> {
    const { timeout, rateLimit } = this.#options;
    if (timeout !== undefined) job.cpTimeout = timeout;
    const result = await copyFile(job, {
      progressPerSecond: 4,
      onProgress: ({ bytes }) => onProgress?.(bytes),
      rateLimit,
      ...(signal && { signal }),
    });
    if (result.error !== undefined && result.partialLeft && result.made) onLeft?.(result.made);
    if (result.error !== undefined) signal?.throwIfAborted();
    return result;
  }
}
