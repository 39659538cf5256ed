/**
 * Is the file on tape the record that this archive knows? While the record is in the cache its bytes say so, afterwards the catalogue. A
 * flag at the record's path alone would prove nothing: another file may have had that name.
 */
import { chosenBatches } from '../../cache/chosen.js';
import { CacheDirectory } from '../../cache/directory.js';
import { OpenDirectories } from '../../cache/open_directories.js';
import type { CacheRecord, WalkEntry } from '../../cache/walk.js';
import type { ArchiveConfig } from '../../config/index.js';
import type { RemoteStat, RemoteStore } from '../../remote/store.js';
import { bytesOf, isFresh } from '../../rules/comparison.js';
import type { Failure } from '../events/report.js';
import { classifyRecord } from '../record/classify_record.js';
import { compareRow } from '../record/compare_row.js';
import { FileChanged } from '../record/file_changed.js';
import { LazyRecord } from '../record/local_file.js';
import { LocalSums } from '../record/local_sums.js';
import type { KnownRecords } from '../run/known_records.js';

export interface TapeProofContext {
  config: ArchiveConfig;
  store: RemoteStore;
  known: KnownRecords;
  signal: AbortSignal | undefined;
}

/** `not yet`: the local record, or the remote file, is still being written. Otherwise why it isn't the same. */
export type Proven = 'same' | 'not yet' | Omit<Failure, 'path'>;

export class TapeProof implements AsyncDisposable {
  readonly #context: TapeProofContext;
  /** Undefined: there is no cache. */
  readonly #root: CacheDirectory | undefined;
  readonly #directories: OpenDirectories | undefined;
  readonly #sums = new LocalSums();

  private constructor(context: TapeProofContext, root: CacheDirectory | undefined) {
    this.#context = context;
    this.#root = root;
    this.#directories = root && new OpenDirectories(root);
  }

  /** @throws when the cache can't be opened */
  static async open(context: TapeProofContext): Promise<TapeProof> {
    const { cacheDirectory } = context.config;
    const root = cacheDirectory === undefined ? undefined : await CacheDirectory.openRoot(cacheDirectory);
    return new TapeProof(context, root);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#directories?.close();
    await this.#root?.close();
  }

  /**
   * @param remote a stat that has just shown the file on tape
   * @throws what asking and reading throw
   */
  async of(path: string, remote: RemoteStat): Promise<Proven> {
    const entry = await this.#local(path);
    if (entry === undefined) return await this.#byRow(path, remote);
    if (entry.kind === 'record' && entry.path === path) return await this.#byBytes(entry, remote);
    if (entry.kind === 'problem') return { code: entry.code, message: entry.message };
    return { code: 'NotFound', message: 'is a directory in the cache, and no record' };
  }

  /** What the cache has under this name; undefined: nothing, also if a removal holds it captured, before which its row was written. */
  async #local(path: string): Promise<WalkEntry | undefined> {
    if (this.#root === undefined) return undefined;
    for await (const batch of chosenBatches(this.#root, [path])) {
      const there = batch.find((entry) => !isAbsent(entry));
      if (there !== undefined) return there;
    }
    return undefined;
  }

  async #byBytes(record: CacheRecord, remote: RemoteStat): Promise<Proven> {
    const { config, store, signal } = this.#context;
    if (this.#directories === undefined) throw new Error('a record without a cache');
    const file = new LazyRecord(this.#directories, record);
    try {
      const size = Number(record.identity.size);
      const judged = await classifyRecord(record.path, size, remote, file.open, {
        ...{ store, config, now: Date.now, signal, verify: bytesOf(config.verify) },
        ...{ readBack: 'fresh', looksOnly: true },
        sumLocal: (open, type) => this.#sums.ofUnchanged(open, type, { signal }),
      });
      if (judged.state === 'backed_up') return 'same';
      if (judged.state === 'conflict') return { code: 'Conflict', message: judged.reason };
      if (judged.state === 'unknown') return { code: 'Unverified', message: judged.reason };
      return 'not yet';
    } catch (error) {
      if (error instanceof FileChanged) return 'not yet';
      throw error;
    } finally {
      file.close();
    }
  }

  async #byRow(path: string, remote: RemoteStat): Promise<Proven> {
    const { config, store, known, signal = new AbortController().signal } = this.#context;
    const row = await known.row(path);
    if (known.problem !== undefined) return { code: 'Unverified', message: known.problem };
    if (row === undefined)
      return {
        code: 'NotFound',
        message: 'neither the cache nor the catalogue knows it: nothing says what it should be',
      };
    const context = { config, store, bytes: true, signal, now: Date.now };
    // As for local bytes: what is too young to be asked about is read.
    const readBack = isFresh(remote, Date.now()) ? 'wherever it proves more' : 'small';
    const compared = await compareRow(row, remote, { ...context, readBack });
    if (compared.found === 'same') return 'same';
    if (compared.found === 'unknown') return { code: 'Unverified', message: compared.reason };
    return { code: 'Conflict', message: compared.reason };
  }
}

function isAbsent(entry: WalkEntry): boolean {
  const { kind } = entry;
  return kind === 'vanished' || kind === 'leftover' || (kind === 'problem' && entry.problem === 'missing');
}
