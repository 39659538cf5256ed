/** The local file of a record, opened when its bytes are needed. */
import type { OpenDirectories } from '../../cache/open_directories.js';
import { openRecord, type OpenRecord } from '../../cache/open_record.js';
import type { Identity } from '../../rules/identity.js';
import { FileChanged, FILE_CHANGED } from './file_changed.js';

/** A record as the walk found it. */
interface Listed {
  path: string;
  identity: Identity;
}

/** Opens the file at the first use: most records of a pass are never opened. */
export class LazyRecord {
  readonly #directories: OpenDirectories;
  readonly #record: Listed;
  #open: OpenRecord | undefined;

  constructor(directories: OpenDirectories, record: Listed) {
    this.#directories = directories;
    this.#record = record;
  }

  /** @throws {FileChanged} if it isn't the file that was listed */
  readonly open = async (): Promise<OpenRecord> => {
    if (this.#open !== undefined) return this.#open;
    const opened = await openRecord(this.#directories, this.#record.path, this.#record.identity);
    if (opened === 'vanished') throw new FileChanged(FILE_CHANGED.gone);
    if (opened === 'changed') throw new FileChanged(FILE_CHANGED.changed);
    this.#open = opened;
    return opened;
  };

  /** The identity of the bytes that were read in this pass; undefined if none were, or if they changed meanwhile. */
  verified(): Identity | undefined {
    return this.#open?.isUnchanged() === true ? this.#open.identity : undefined;
  }

  close(): void {
    this.#open?.close();
  }
}
