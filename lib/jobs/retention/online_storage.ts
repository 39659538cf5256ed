/** Where retention removes files: a local directory, or another XRootD server. */
import type { RemoteStat } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import type { Identity } from '../../rules/identity.js';
import type { CheckFailed } from '../../rules/remote_state.js';
import type { Removal } from '../../rules/removal.js';
import type { OnlineFile } from '../../rules/retention.js';
import type { ChecksumType } from '../../xrdcl/index.js';
import type { Outcome } from '../run/tally.js';

/** A file that is being checked; it was opened as the file that was listed. */
export interface OpenedFile {
  /**
   * The checksum of all its bytes as they are now, or of the first `length`, which servers can't compute: they return `failed`.
   * @throws {FileChanged} if it isn't the file that was opened any more; {XRootDError}; the signal's reason
   */
  checksum(type: ChecksumType, length?: number): Promise<Checksum | CheckFailed>;
  /** The identity of the opened file; undefined if it has changed. `remove` looks again. */
  verified(): Identity | undefined;
  /** On a server: the stat of what was opened. */
  remote?: RemoteStat;
  /** The target's server may have another device number for this storage's disk. */
  anyDevice: boolean;
  /**
   * Removes the file if it still is the one that was verified, and emits `file:removed`. If the removal isn't to be performed, it
   * removes and emits nothing, and the outcome is `removed` all the same.
   * @param lastLook called once just before the removal: why must the file stay? The file may not have its name then
   * @returns `kept` with the reason, or
   * @throws {FileChanged} with the reason, where it stays; what removing and `lastLook` throw. Then it is still there, whole
   */
  remove(removal: Removal, lastLook: () => Promise<string | undefined>): Promise<Outcome>;
  close(): void;
}

export interface OnlineStorage {
  /**
   * Proves that this storage isn't the target, nor a part of it (S13). Called before anything is touched.
   * @throws {SharedStorageError}
   */
  check(): Promise<void>;
  /** Why this storage can't handle a name; undefined if it can. */
  nameProblem(path: string): string | undefined;
  /**
   * All files, each once, without our own. What is no file, or can't be listed, is counted as failed.
   * @throws the signal's reason
   */
  files(): AsyncGenerator<OnlineFile, void, undefined>;
  /** @throws {FileChanged} if it isn't the file that was listed, or is one that retention may not touch */
  open(file: OnlineFile): Promise<OpenedFile>;
  /** Closes what it has opened itself. */
  close(): Promise<void>;
}
