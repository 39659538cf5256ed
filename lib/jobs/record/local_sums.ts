/** Computes checksums of local files, a few at once; threads of the addon do the work. */
import pLimit from 'p-limit';
import type { OpenRecord } from '../../cache/open_record.js';
import {
  checksumFile,
  checksumsOfFile,
  hasWriters,
  type ChecksumType,
  type FileChecksum,
} from '../../posix/index.js';
import type { PutChecksum } from '../../rules/put_checksum.js';
import { refuseDamaged } from './damaged_in_cache.js';
import { FileChanged, FILE_CHANGED } from './file_changed.js';

const atOnce = 4;

export interface SumRange {
  /** Bytes from the beginning; default: all. */
  length?: number | undefined;
  signal?: AbortSignal | undefined;
}

export interface LocalSum extends FileChecksum {
  /** What put() kept with the file: the bytes that were read have this, too. */
  put?: PutChecksum;
}

type Summed = Pick<OpenRecord, 'path' | 'fd' | 'isUnchanged' | 'putChecksum'>;

export class LocalSums {
  readonly #limit = pLimit(atOnce);

  /** @throws system errors; the signal's reason */
  of(file: { readonly fd: number }, type: ChecksumType, range: SumRange = {}): Promise<FileChecksum> {
    return this.#limit(() => checksumFile(file, { type, ...range }));
  }

  /**
   * The checksum of a file that stays. If the whole of it is read, and put() kept a checksum with it, its bytes are compared with that.
   * @throws {FileChanged} if it changed meanwhile: its checksum would look like a conflict
   * @throws {DamagedInCache}
   */
  async ofUnchanged(record: Summed, type: ChecksumType, range: SumRange = {}): Promise<LocalSum> {
    const put = range.length === undefined ? record.putChecksum() : undefined;
    const types = put === undefined || put.type === type ? [type] : [type, put.type];
    const sums = await this.#limit(() => checksumsOfFile(record, types, range));
    if (!record.isUnchanged()) throw new FileChanged(FILE_CHANGED.changed);
    const [sum] = sums;
    const last = sums.at(-1);
    if (sum === undefined || last === undefined) throw new Error('a file without a checksum');
    if (put === undefined) return sum;
    refuseDamaged(record.path, put, last);
    return { ...sum, put };
  }

  /**
   * The checksum of a file that may be removed afterwards. A write through a shared mapping doesn't change the file's times until the
   * page is written back. So this first asks the kernel whether anybody has the file open for writing, or mapped. Whoever opens it
   * later changes its times with the first byte, also through a mapping (page_mkwrite).
   * @throws {FileChanged}
   * @throws {DamagedInCache}
   */
  ofUnwritten(record: Summed, type: ChecksumType, range?: SumRange): Promise<LocalSum> {
    if (hasWriters(record.fd) === true) return Promise.reject(new FileChanged(FILE_CHANGED.writing));
    return this.ofUnchanged(record, type, range);
  }
}
