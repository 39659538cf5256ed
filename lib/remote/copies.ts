/** Copies to and from a server. */
import {
  copyFile,
  urlOf,
  type CopyJobOptions,
  type CopyResult,
  type MadeFile,
  type RateLimit,
} from '../xrdcl/index.js';
import { kindOf } from './copy_limits.js';
import type { Downloaded, DownloadOptions, Uploaded, UploadOptions } from './store.js';

export interface CopiesOptions {
  /** `root://host:port` */
  endpoint: string;
  /** Seconds for a copy; undefined: only silence ends it. */
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
    const {
      label = source,
      sizeHint,
      chunks,
      checksumType,
      readBack,
      sync,
      onLeft,
      onProgress,
      signal,
    } = options;
    const target = urlOf(this.#options.endpoint, path);
    const job: CopyJobOptions = {
      source,
      target,
      sizeHint,
      ...chunks,
      ...(checksumType !== undefined && { checkSumMode: 'source', checkSumType: checksumType }),
      ...(sync && { sync }),
      ...(readBack && { readBack }),
    };
    const result = await this.#copy(job, onProgress, signal, onLeft);
    const { error, size, sourceChecksum: checksum, made, synced = false, readBack: back } = result;
    if (error === undefined) return { size, checksum, made, synced, readBack: back };
    throw error.about({ source: label });
  }

  /** As RemoteStore.download(). @param path on the server */
  async download(path: string, target: string, options: DownloadOptions): Promise<Downloaded> {
    const {
      label = target,
      sizeHint,
      chunks,
      checksumType,
      thirdParty = false,
      onProgress,
      signal,
    } = options;
    const source = urlOf(this.#options.endpoint, path);
    const job: CopyJobOptions = {
      source,
      target,
      sizeHint,
      ...chunks,
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
