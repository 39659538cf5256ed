/** Checksums of local files, a few at a time: the addon's threads do the work. */
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
   * Of a file that is only looked at.
   * @throws {FileChanged} when it changed meanwhile: it would look like a conflict
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
   * Of a file that may be removed for it. Who writes through a shared mapping moves no time, as long as the page wasn't
   * written back; so whoever has the file open for writing, or mapped, is asked for before it is read. Whoever opens it later
   * moves its times with the first byte that he writes, through a mapping, too (page_mkwrite).
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
