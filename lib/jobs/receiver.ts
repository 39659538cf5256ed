/** Where restored files go: a local directory, or another XRootD server. */
import type { RemoteStore } from '../remote/store.js';
import type { RoomClaim } from '../cache/disk_room.js';
import type { LocalFile } from '../cache/receive.js';
import type { Checksum } from '../rules/checksum.js';
import type { ChecksumType } from '../xrdcl/index.js';

export interface ReceiveOptions {
  /** Bytes, as listed. */
  size: number;
  mtime: Date;
  /** Replace a file that has the name. */
  overwrite: boolean;
  onProgress: (bytes: number) => void;
  signal: AbortSignal | undefined;
}

export interface Received {
  /** Bytes. */
  size: number;
  /** Of the bytes as they are at rest; undefined under `verify: size`. */
  checksum: Checksum | undefined;
}

export interface Receiver {
  /** For people and events. */
  readonly place: string;
  /** Why a name can't be written here; undefined if it can. */
  nameProblem(name: string): string | undefined;
  /** Where it can be told what there is room for. @throws {Error} with code ENOSPC */
  claim?(bytes: number): Promise<RoomClaim>;
  look(name: string, signal: AbortSignal | undefined): Promise<LocalFile | null>;
  checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum>;
  /**
   * Fetches a file, and gives it its name only when `check` has accepted it; otherwise nothing of it stays.
   * @throws what fetching, checking and writing throw
   */
  receive(
    store: RemoteStore,
    name: string,
    options: ReceiveOptions,
    check: (received: Received) => Promise<void>,
  ): Promise<void>;
  close(): Promise<void>;
}
