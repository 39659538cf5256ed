/** Computes checksums of local files, a few at once; threads of the addon do the work. */
import pLimit from 'p-limit';
import type { OpenRecord } from '../../cache/open_record.js';
import { checksumFile, hasWriters, type ChecksumType, type FileChecksum } from '../../posix/index.js';
import { FileChanged, FILE_CHANGED } from './file_changed.js';

const atOnce = 4;

export interface SumRange {
  /** Bytes from the beginning; default: all. */
  length?: number | undefined;
  signal?: AbortSignal | undefined;
}

export class LocalSums {
  readonly #limit = pLimit(atOnce);

  /** @throws system errors; the signal's reason */
  of(file: { readonly fd: number }, type: ChecksumType, range: SumRange = {}): Promise<FileChecksum> {
    return this.#limit(() => checksumFile(file, { type, ...range }));
  }

  /**
   * The checksum of a file that stays.
   * @throws {FileChanged} if it changed meanwhile: its checksum would look like a conflict
   */
  async ofUnchanged(
    record: Pick<OpenRecord, 'fd' | 'isUnchanged'>,
    type: ChecksumType,
    range?: SumRange,
  ): Promise<FileChecksum> {
    const sum = await this.of(record, type, range);
    if (!record.isUnchanged()) throw new FileChanged(FILE_CHANGED.changed);
    return sum;
  }

  /**
   * The checksum of a file that may be removed afterwards. A write through a shared mapping doesn't change the file's times until the
   * page is written back. So this first asks the kernel whether anybody has the file open for writing, or mapped. Whoever opens it
   * later changes its times with the first byte, also through a mapping (page_mkwrite).
   * @throws {FileChanged}
   */
  ofUnwritten(
    record: Pick<OpenRecord, 'fd' | 'isUnchanged'>,
    type: ChecksumType,
    range?: SumRange,
  ): Promise<FileChecksum> {
    if (hasWriters(record.fd) === true) return Promise.reject(new FileChanged(FILE_CHANGED.writing));
    return this.ofUnchanged(record, type, range);
  }
}
