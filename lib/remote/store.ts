/** The remote side in archive words: what jobs need of it, and nothing of how it is done. */
import type { Checksum } from '../rules/checksum.js';
import type { ServerTypes } from '../rules/comparison.js';
import type { CopyShape } from '../rules/copy_shape.js';
import type { ToldFile } from '../rules/remote_identity.js';
import type { StageAnswer } from '../rules/stage_answer.js';
import type { RemoteFile } from '../rules/remote_state.js';
import type { ChecksumType, MadeFile, XRootDError } from '../xrdcl/index.js';

export type Chunks = Omit<CopyShape, 'memory'>;

export interface RemoteStat extends RemoteFile {
  /** The server's identifier of the file, an inode number or the like; empty if it gives none. */
  id: string;
  mtime: Date;
}

/** What a listing tells; not whether the file is on tape (S11). */
export type ListedStat = Pick<RemoteStat, 'size' | 'kind' | 'mtime'>;

export interface UploadOptions {
  /** What errors call the source, when `source` is a path that says nothing to people. */
  label?: string;
  /** Bytes, as far as is known. */
  sizeHint?: number;
  /** How the bytes are cut for their way. Default: as libXrdCl does. */
  chunks?: Chunks;
  /** Computed of the bytes as they are read. Default: none. */
  checksumType?: string;
  /** Read the file back through the handle that wrote it, where that costs little: for small files. Default false. */
  readBack?: boolean;
  /** Wait until the server has the bytes on its disk, where it can. Default false. */
  sync?: boolean;
  /** The upload failed, and something of ours stayed at the target. */
  onLeft?: (made: MadeFile) => void;
  /** Bytes handed over so far; at most a few times a second, and once at the end. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

export interface Uploaded {
  /** Bytes. */
  size: number;
  /** What was made, for likenessOf(); undefined where the server gives no identity. */
  made: MadeFile | undefined;
  /** The server said that the bytes are on its disk; false if it can't, or wasn't asked. */
  synced: boolean;
  /** Of the bytes that were read from the source, if it was asked for. */
  checksum: Checksum | undefined;
  /** If it was asked for, and the server let us. */
  readBack?: 'identical' | 'different' | undefined;
}

export interface DownloadOptions {
  /** What errors call the target, when `target` is a path that says nothing to people. */
  label?: string;
  /** Bytes, as far as is known. */
  sizeHint?: number;
  /** How the bytes are cut for their way. Default: as libXrdCl does. */
  chunks?: Chunks;
  /** Of which the file's checksum is wanted as soon as it is written, where that costs little. */
  checksumType?: string;
  /** Bytes written so far; at most a few times a second, and once at the end. */
  onProgress?: (bytes: number) => void;
  /** `target` is a URL on another server: only from server to server, not through us. Default false. */
  thirdParty?: boolean;
  signal?: AbortSignal;
}

export interface Downloaded {
  /** Bytes. */
  size: number;
  /** Of the local file as it was read again; undefined where nobody has done that. */
  checksum: Checksum | undefined;
  /** The local file: `device:inode`. Undefined when that isn't known, and of a copy to a server. */
  localFile?: string | undefined;
}

export interface Entry {
  /** Relative to the target's base. */
  path: string;
  isDirectory: boolean;
  /** Why nothing can be asked about it: `path` is for people only, and no name of it. */
  problem?: string;
}

/** The target's base, or a directory above it. */
export interface Surrounding {
  /** The base itself, rather than a directory above it. */
  isBase: boolean;
  /** For people. */
  url: string;
  stat: RemoteStat;
  /** What an entry of it is that was asked for; null if it has none. */
  entry: RemoteStat | null;
}

export interface MarkOptions {
  /** The directory could not be removed again: it may still be there. */
  onLeft: (url: string, why: XRootDError) => void;
  signal?: AbortSignal | undefined;
}

/** `other`: not removed, because it is another file by now. `unsure`: not removed, because it could be. */
export type Removed = 'removed' | 'gone' | 'other' | 'unsure';

/**
 * A target's files, by record names (relative to its base). Guarantees: no upload overwrites anything, ever; what an upload
 * that failed had made is removed again, or, where the server can't be asked, left as a shorter file. Not guaranteed:
 * that an upload which succeeded is on tape, or still there a moment later.
 *
 * Every method rejects with `XRootDError`, which has the URL in `target` (of a download in `source`); with the signal's reason,
 * and then an aborted signal has begun nothing; with `TypeError` for a name that XRootD would misread (a control character, `?`),
 * and then nothing was asked for. test/support/store_contract.ts tries each implementation.
 */
export interface RemoteStore {
  /** Null when the server says that there is nothing. The tape flags come from this stat alone (S11). */
  stat(name: string, signal?: AbortSignal): Promise<RemoteStat | null>;
  /**
   * Many at once, for little more than the price of one: in the order of the names, the error in the place of one that
   * failed. Rejects only with the signal's reason.
   */
  statMany(names: readonly string[], signal?: AbortSignal): Promise<(RemoteStat | null | Error)[]>;
  /**
   * What a directory has, by record name, for far less than a stat each; undefined where that are more than `most`, or where
   * nothing can be listed. What is missing in it may be there all the same: clusters list a part, object stores have no
   * directories, and a name that is listed twice with different stats is left out.
   */
  listStats(
    directory: string,
    most: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, ListedStat> | undefined>;
  /** The server's checksum of a file of `size` bytes. @throws {XRootDError} also for a type that the server doesn't have */
  checksum(name: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum>;
  /**
   * Reads the file that a stat told of again over the network and sums it up; another one, or another size, is an error. Only for
   * what a stat has just called online: reading could bring an offline file back from tape.
   * @param told by a listing: with an empty `id`; then only its size is compared
   * @throws {OtherFileRead} (server_checksums.ts) when another file stood at its path
   */
  readChecksum(name: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum>;
  /** The types of checksums that the server says it has, in lower case; none if it doesn't tell. */
  checksumTypes(): Promise<ServerTypes>;
  /**
   * Copies a local file to a name that must be free: `ItExists` otherwise. Directories above it are made. A source that isn't
   * there is `NotFound` with errno 2 (ENOENT).
   */
  upload(source: string, name: string, options: UploadOptions): Promise<Uploaded>;
  /**
   * Copies a remote file to a local path that must be free, in a directory that is there: what has the path already stays. When it
   * fails nothing is left at the path. That it has the right bytes on disk is for the caller to see.
   */
  download(name: string, target: string, options: DownloadOptions): Promise<Downloaded>;
  /**
   * Asks for files to be brought from tape to the disk buffer; resolves with the request id. The wait comes after. Servers without
   * tape give an id, too.
   */
  stage(names: readonly string[], signal?: AbortSignal): Promise<string>;
  /** Withdraws a stage request. */
  cancelStage(requestId: string, names: readonly string[], signal?: AbortSignal): Promise<void>;
  /** What the server tells of a stage request, by name; of some names, or of none at all, it may tell nothing. */
  queryStage(
    requestId: string,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, StageAnswer>>;
  /** Gives the disk buffer's copies up. */
  evict(names: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Gives a file another name, and makes the directories above it. What has that name already is replaced by some servers (xrootd), and ends it with
   * `ItExists` at others.
   */
  rename(from: string, to: string, signal?: AbortSignal): Promise<void>;
  /**
   * Removes a file if a stat just before says that it still is the one that was seen: by identity, size, time, and whether it is
   * on tape and in the disk buffer. `other` if not, and for a directory.
   */
  removeSeen(name: string, seen: RemoteStat, signal?: AbortSignal): Promise<Removed>;
  /** Removes the part that a copy of ours left when it failed, if it still is that; nothing that is complete. */
  removeMade(name: string, made: MadeFile, signal?: AbortSignal): Promise<Removed>;
  /**
   * The base and the directories above it, the nearest first, as far as they are there and may be looked at.
   * @param entry whose presence in each of them is asked for
   */
  surroundings(entry: string, signal?: AbortSignal): Promise<Surrounding[]>;
  /**
   * Has an empty directory of this name while the task runs.
   * @throws if it can't be made; what the task throws
   */
  mark<T>(name: string, task: () => Promise<T>, options: MarkOptions): Promise<T>;
  /**
   * The entries of a directory, in no order; `` is the base. Each name comes once, however often the server lists it; but one
   * that the server may have cut as often as it is listed, and one that is listed as a file and as a directory a second time,
   * as a problem.
   * @throws {XRootDError} also when there is no such directory, after what was listed before the failure
   */
  list(directory: string, signal?: AbortSignal): AsyncGenerator<Entry, void, undefined>;
  /** Resolves when the server answers and lets us in. */
  ping(signal?: AbortSignal): Promise<void>;
}
