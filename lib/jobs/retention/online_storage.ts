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
  /** Of all its bytes as they are now, or of the first `length`. @throws {FileChanged} */
  checksum(type: ChecksumType, length?: number): Promise<Checksum | CheckFailed>;
  /** Unchanged since it was listed; undefined if it isn't. */
  verified(): Identity | undefined;
  /** On a server: the stat of what was opened. */
  remote?: RemoteStat;
  /** The target may know this storage's disk by another device number. */
  anyDevice: boolean;
  /**
   * If it still is what was verified.
   * @param lastLook why it must stay, asked just before it goes
   * @throws what removing and `lastLook` throw; then it is still there, whole
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
  /** All files; what is none, or can't be listed, is told of. */
  files(): AsyncGenerator<OnlineFile, void, undefined>;
  /** @throws {FileChanged} if it isn't the file that was listed, or none that retention may touch */
  open(file: OnlineFile): Promise<OpenedFile>;
  close(): Promise<void>;
}
