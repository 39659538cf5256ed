/** Where retention removes files: a local directory, or another XRootD server. */
import type { RemoteStat } from '../../remote/store.js';
import type { Checksum } from '../../rules/checksum.js';
import type { Identity } from '../../rules/identity.js';
import type { CheckFailed } from '../../rules/remote_state.js';
import type { Removal } from '../../rules/removal.js';
import type { OnlineFile } from '../../rules/retention.js';
import type { ChecksumType } from '../../xrdcl/index.js';
import type { Outcome } from '../run/tally.js';

/** One file at work: still the very file that was listed. */
export interface OpenedFile {
  /**
   * Of all its bytes as they are now, or of the first `length`, which a server doesn't sum up: then `failed`.
   * @throws {FileChanged} if it isn't the file that was opened any more; {XRootDError}; the signal's reason
   */
  checksum(type: ChecksumType, length?: number): Promise<Checksum | CheckFailed>;
  /** What was opened, as it was listed; undefined if it was seen to have changed. `remove` looks again. */
  verified(): Identity | undefined;
  /** On a server: the stat of what was opened. */
  remote?: RemoteStat;
  /** The target may know this storage's disk by another device number. */
  anyDevice: boolean;
  /**
   * If it still is what was verified, and emits `file:removed`. Nothing goes, and nothing is emitted, if the removal isn't to be
   * performed: the outcome is `removed` all the same.
   * @param lastLook why it must stay, asked once just before it goes; it may be out of its place then
   * @returns `kept` with the reason, or
   * @throws {FileChanged} with the reason, where it stays; what removing and `lastLook` throw. Then it is still there, whole
   */
  remove(removal: Removal, lastLook: () => Promise<string | undefined>): Promise<Outcome>;
  close(): void;
}

export interface OnlineStorage {
  /**
   * Before anything is touched: it isn't the target, nor a part of it (S13).
   * @throws {SharedStorageError}
   */
  check(): Promise<void>;
  /** Why a name can't be dealt with here; undefined if it can. */
  nameProblem(path: string): string | undefined;
  /**
   * All files, each once, but for our own; what is no file, or can't be listed, has failed in the job's report.
   * @throws the signal's reason
   */
  files(): AsyncGenerator<OnlineFile, void, undefined>;
  /** @throws {FileChanged} if it isn't the file that was listed, or none that retention may touch */
  open(file: OnlineFile): Promise<OpenedFile>;
  /** Of its own; what it was given stays open. */
  close(): Promise<void>;
}
