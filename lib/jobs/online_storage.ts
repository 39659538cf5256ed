/** Where retention removes files: a local directory, or another XRootD server. */
import type { Checksum } from '../rules/checksum.js';
import type { Identity } from '../rules/identity.js';
import type { CheckFailed } from '../rules/remote_state.js';
import type { Removal } from '../rules/removal.js';
import type { OnlineFile } from '../rules/retention.js';
import type { Outcome } from './tally.js';

/** One file at work: still the very file that was listed. */
export interface OpenedFile {
  /** Of all its bytes as they are now, or of the first so many. @throws {Moved} */
  checksum(length?: number): Promise<Checksum | CheckFailed>;
  /** Unchanged since it was listed; undefined if it isn't. */
  verified(): Identity | undefined;
  /** If it still is what was verified. @throws what removing throws; then it is still there, whole */
  remove(removal: Removal): Promise<Outcome>;
  close(): void;
}

export interface OnlineStorage {
  /** Why a name can't be dealt with here; undefined if it can. */
  nameProblem(path: string): string | undefined;
  /** All files; what is none, or can't be listed, is told of. */
  files(): AsyncGenerator<OnlineFile, void, undefined>;
  /** @throws {Moved} if it isn't the file that was listed, or none that retention may touch */
  open(file: OnlineFile): Promise<OpenedFile>;
  close(): Promise<void>;
}
