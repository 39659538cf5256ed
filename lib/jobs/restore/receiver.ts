/** Where restored files go: a local directory, or another XRootD server. */
import type { RemoteStore } from '../../remote/store.js';
import type { RoomClaim } from '../../cache/disk_room.js';
import type { Checksum } from '../../rules/checksum.js';
import type { ChecksumType } from '../../xrdcl/index.js';

/** What has a name there. */
export interface Standing {
  kind: 'file' | 'directory' | 'other';
  /** Bytes. */
  size: number;
  /** Tells it from what takes its place later; only its receiver can read it. */
  version: string;
}

/** Something has the name that wasn't there when its place was judged, or has changed since. */
export class PlaceTaken extends Error {
  override readonly name = 'PlaceTaken';
  readonly code = 'Conflict';
}

/** What is known of a file before it comes. */
export interface Expected {
  /** Bytes, as listed. */
  size: number;
  mtime: Date;
  /** What is to be replaced; undefined: nothing is there. */
  replaces: Standing | undefined;
  /** Of which inspect() shall sum the bytes; undefined: their number is enough. */
  checksumType: ChecksumType | undefined;
}

export interface Received {
  /** Bytes. */
  size: number;
  /** Of the bytes as they are at rest; undefined if it was not asked for. */
  checksum: Checksum | undefined;
}

/** A file on its way: its steps, each once, in this order. */
export interface Incoming {
  /** Fetches the bytes, under a temporary name. */
  download(
    store: RemoteStore,
    options: { onProgress: (bytes: number) => void; signal: AbortSignal | undefined },
  ): Promise<void>;
  /** The file as it is at rest now. */
  inspect(signal: AbortSignal | undefined): Promise<Received>;
  /**
   * Gives it its name.
   * @throws {PlaceTaken} when what stands there isn't what it is to replace: that stays
   */
  publish(): Promise<void>;
  /** After the last step, and after a failure: nothing of a file that wasn't published stays. */
  end(): Promise<void>;
}

export interface Receiver {
  /** For people and events. */
  readonly place: string;
  /** Why a name can't be written here; undefined if it can. */
  nameProblem(name: string): string | undefined;
  /** Where it can be told what there is room for. @throws {Error} with code ENOSPC */
  claim?(bytes: number): Promise<RoomClaim>;
  look(name: string, signal: AbortSignal | undefined): Promise<Standing | null>;
  checksum(name: string, type: ChecksumType, signal: AbortSignal | undefined): Promise<Checksum>;
  /** A place for a file that is to come; it must be ended. */
  begin(name: string, expected: Expected): Promise<Incoming>;
  close(): Promise<void>;
}
