/** Where restored files go: a local directory, or another XRootD server. */
import type { RemoteStore } from '../../remote/store.js';
import type { RoomClaim } from '../../cache/disk_room.js';
import type { Checksum } from '../../rules/checksum.js';
import type { ChecksumType } from '../../xrdcl/index.js';

/** What exists under a name at the receiver. */
export interface Standing {
  kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  size: number;
  /** Differs for anything that takes its place later. Its format is the receiver's own. */
  version: string;
}

/** Something has come to the name, or what has the name has changed, since it was looked at. */
export class PlaceTaken extends Error {
  override readonly name = 'PlaceTaken';
  readonly code = 'Conflict';
}

/** What is known of a file before it is fetched. */
export interface Expected {
  /** Bytes, as listed. */
  size: number;
  /** A number: microseconds since the epoch. */
  mtime: Date | number;
  /** Permission bits, where the receiver can set them; undefined: as files are made there. */
  mode?: number | undefined;
  /** The file to replace; undefined if nothing has the name. */
  replaces: Standing | undefined;
  /** By which inspect() shall sum the bytes; none: their number is enough. */
  checksumTypes: readonly ChecksumType[];
}

export interface Received {
  /** Bytes. */
  size: number;
  /** Of the bytes as they are stored, in the order of the types that were asked for; none of an empty file. */
  checksums: readonly Checksum[];
}

/** A file that is being fetched. Each method is called once, in this order. */
export interface Incoming {
  /** Fetches the bytes, under a temporary name. */
  download(
    store: RemoteStore,
    options: { onProgress: (bytes: number) => void; signal: AbortSignal | undefined },
  ): Promise<void>;
  /** Size and checksum of the file as it is stored. */
  inspect(signal: AbortSignal | undefined): Promise<Received>;
  /**
   * Gives the file its name.
   * @throws {PlaceTaken} if another file than `replaces` has the name: that file stays
   */
  publish(): Promise<void>;
  /** Called at the end, also after a failure: removes what was fetched if it wasn't published. */
  end(): Promise<void>;
}

export interface Receiver {
  /** For people and events. */
  readonly place: string;
  /** Files are summed without the network. */
  readonly isLocal: boolean;
  /** Why a name can't be written here; undefined if it can. */
  nameProblem(name: string): string | undefined;
  /** Claims room for a file, where the free room is known. @throws {Error} with code ENOSPC */
  claim?(bytes: number): Promise<RoomClaim>;
  look(name: string, signal: AbortSignal | undefined): Promise<Standing | null>;
  checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum>;
  /** Begins to fetch a file; the caller must call end(). */
  begin(name: string, expected: Expected): Promise<Incoming>;
  close(): Promise<void>;
}
