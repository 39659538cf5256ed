/** The remote storage as jobs see it: an interface without any XRootD details. */
import type { Readable } from 'node:stream';
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
  /** The stat's own flag, where `backUpExists` is what a prepare query says (`tape_state_store.ts`). */
  backUpFlag?: boolean;
}

/** What a listing reports of a file; not whether it is on tape (S11). */
export type ListedStat = Pick<RemoteStat, 'size' | 'kind' | 'mtime'>;

export interface UploadOptions {
  /** Name of the source in errors, when `source` is a path that means nothing to people. */
  label?: string;
  /** Bytes, as far as is known. */
  sizeHint?: number;
  /** How the bytes are cut for their way. Default: as libXrdCl does. */
  chunks?: Chunks;
  /** Type of the checksum to compute while the bytes are read. Default: none. */
  checksumType?: string;
  /** Compute this type, too, where that costs no second reading. Default: none. */
  alsoChecksumType?: ChecksumType | undefined;
  /** Wait until the server has the bytes on its disk, where it can. Default false. */
  sync?: boolean;
  /** Called when the upload failed and left a file of ours at the target. */
  onLeft?: (made: MadeFile) => void;
  /** Bytes handed over so far; at most a few times a second, and once at the end. */
  onProgress?: (bytes: number) => void;
  signal?: AbortSignal;
}

export interface Uploaded {
  /** Bytes. */
  size: number;
  /** The file that was made, for likenessOf(); undefined where the server gives no identity. */
  made: MadeFile | undefined;
  /** The server said that the bytes are on its disk; false if it can't, or wasn't asked. */
  synced: boolean;
  /** The checksum of the bytes that were read from the source, if it was asked for. */
  checksum: Checksum | undefined;
  /** The one of `alsoChecksumType`, if it cost no second reading. */
  also?: Checksum | undefined;
}

export interface DownloadOptions {
  /** Name of the target in errors, when `target` is a path that means nothing to people. */
  label?: string;
  /** Bytes, as far as is known. */
  sizeHint?: number;
  /** How the bytes are cut for their way. Default: as libXrdCl does. */
  chunks?: Chunks;
  /** Type of the checksum to compute from the local file as soon as it is written, if that costs little. */
  checksumType?: string;
  /** Bytes written so far; at most a few times a second, and once at the end. */
  onProgress?: (bytes: number) => void;
  /** A local target is made so that only its owner can read it: it gets its own mode later. Default false. */
  ownerOnly?: boolean;
  /** `target` is a URL on another server, and the bytes must go directly from server to server. Default false. */
  thirdParty?: boolean;
  signal?: AbortSignal;
}

export interface Downloaded {
  /** Bytes. */
  size: number;
  /** The checksum of the local file, read again after it was written; undefined if it wasn't read again. */
  checksum: Checksum | undefined;
  /** The local file: `device:inode`. Undefined if that isn't known, and for a copy to a server. */
  localFile?: string | undefined;
}

export interface Entry {
  /** Relative to the target's base. */
  path: string;
  isDirectory: boolean;
  /**
   * Why the entry can't be used. Except with TWO_KINDS (listings.ts), the server can't be asked about it: `path` is then only for
   * display, and not its real name.
   */
  problem?: string;
}

/** The target's base, or a directory above it. */
export interface Surrounding {
  /** The base itself, rather than a directory above it. */
  isBase: boolean;
  /** For people. */
  url: string;
  stat: RemoteStat;
  /** The stat of the entry that was looked up in it; null if it has no such entry. */
  entry: RemoteStat | null;
}

export interface MarkOptions {
  /** The directory could not be removed again: it may still be there. */
  onLeft: (url: string, why: XRootDError) => void;
  signal?: AbortSignal | undefined;
}

/** `other`: not removed, because it is another file by now. `unsure`: not removed, because it could be another file. */
export type Removed = 'removed' | 'gone' | 'other' | 'unsure';

export interface ReadOptions {
  /** By which the bytes are summed: one or two. */
  types: readonly [ChecksumType, ChecksumType?];
  /** Called with the checksums, in the order of the types, when all bytes have come; what it rejects with is the stream's error. */
  check: (checksums: readonly Checksum[]) => Promise<void>;
  signal?: AbortSignal | undefined;
}

/**
 * A target's files, by record names (relative to its base). Guarantees: no upload ever overwrites anything; a failed upload
 * removes the file that it made, or, where the server can't be asked, leaves it shorter than the source. Not guaranteed:
 * that a file is on tape after its upload, or still there a moment later.
 *
 * Every method rejects with `XRootDError`, which has the URL in `target` (of a download in `source`); or with the signal's
 * reason: a signal that is already aborted starts nothing; or with `TypeError` for a name that XRootD would misread (a
 * control character, `?`), before anything is sent. test/support/store_contract.ts tests each implementation.
 */
export interface RemoteStore {
  /** Null when the server says that there is nothing. The tape flags come from this stat alone (S11). */
  stat(name: string, signal?: AbortSignal): Promise<RemoteStat | null>;
  /**
   * Many stats for little more than the price of one. The results are in the order of the names, with an error in place of
   * each one that failed. Rejects only with the signal's reason.
   */
  statMany(names: readonly string[], signal?: AbortSignal): Promise<(RemoteStat | null | Error)[]>;
  /**
   * The stats of a directory's entries, by record name, for far less than a stat each; undefined if there are more than
   * `most`, or if the directory can't be listed. A file that is missing in it may exist all the same: clusters list only a
   * part, object stores have no directories, and a name that is listed twice with different stats is left out.
   */
  listStats(
    directory: string,
    most: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, ListedStat> | undefined>;
  /** The server's checksum of a file of `size` bytes. @throws {XRootDError} also for a type that the server doesn't have */
  checksum(name: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum>;
  /**
   * Reads a file back over the network and computes its checksum; fails if it isn't the file that a stat reported, or has
   * another size. Only for files that a stat has just reported as online: reading could recall an offline file from tape.
   * @param told the file as a stat reported it, or as a listing did: then `id` is empty, and only the size is compared
   * @throws {OtherFileRead} (server_checksums.ts) when another file stood at its path
   */
  readChecksum(name: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum>;
  /**
   * The bytes of a file, as they come: for files that a stat has just reported as online. Nothing is asked before somebody reads. Ends
   * well only if it was the file that the stat reported, as for readChecksum(), and `check` resolves; errors come from the stream.
   */
  stream(name: string, told: ToldFile, options: ReadOptions): Readable;
  /** The checksum types that the server says it supports, and those that it has refused since. */
  checksumTypes(signal?: AbortSignal): Promise<ServerTypes>;
  /** As the server reports it, `v5.5.3`; undefined if it doesn't. */
  serverVersion(signal?: AbortSignal): Promise<string | undefined>;
  /**
   * Copies a local file to a name that must be free: `ItExists` otherwise. Missing directories above it are made. A missing
   * source is `NotFound` with errno 2 (ENOENT).
   */
  upload(source: string, name: string, options: UploadOptions): Promise<Uploaded>;
  /**
   * Copies a remote file to a local path that must be free, in a directory that must exist; a file that already has the path
   * stays. A failed copy leaves nothing at the path. The caller must check that the bytes on disk are right.
   */
  download(name: string, target: string, options: DownloadOptions): Promise<Downloaded>;
  /**
   * Asks for files to be brought from tape to the disk buffer; resolves with the request id, before the files are there.
   * Servers without tape give an id, too.
   */
  stage(names: readonly string[], signal?: AbortSignal): Promise<string>;
  /** Withdraws a stage request. */
  cancelStage(requestId: string, names: readonly string[], signal?: AbortSignal): Promise<void>;
  /** What the server reports of a stage request, by name; it may report nothing on some names, or on all. */
  queryStage(
    requestId: string,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, StageAnswer>>;
  /** Tells the server that the copies in its disk buffer aren't needed any more. */
  evict(names: readonly string[], signal?: AbortSignal): Promise<void>;
  /**
   * Gives a file another name, and makes the directories above that. If the name is taken, some servers (xrootd) replace the
   * file that has it, others fail with `ItExists`.
   */
  rename(from: string, to: string, signal?: AbortSignal): Promise<void>;
  /**
   * Removes a file if a stat just before shows that it still is the one that was seen: same identity, size and time, and the
   * same flags for tape and disk buffer. Otherwise, for a directory, and where data servers have different files, removes nothing and returns `other`.
   */
  removeSeen(name: string, seen: RemoteStat, signal?: AbortSignal): Promise<Removed>;
  /** Removes the partial file that a failed copy of ours left, if it still is that file; never a complete one. */
  removeMade(name: string, made: MadeFile, signal?: AbortSignal): Promise<Removed>;
  /**
   * The base and the directories above it, nearest first, as far as they exist and we may look at them.
   * @param entry a name that is looked up in each of them
   */
  surroundings(entry: string, signal?: AbortSignal): Promise<Surrounding[]>;
  /**
   * Makes an empty directory of this name, runs the task, and removes the directory.
   * @throws if the directory can't be made; what the task throws
   */
  mark<T>(name: string, task: () => Promise<T>, options: MarkOptions): Promise<T>;
  /**
   * The entries of a directory, in no order; `` is the base. Each name comes once, however often the server lists it, with
   * two exceptions: a name that the server may have cut comes as often as it is listed, and a name that is listed both as a
   * file and as a directory comes a second time with a `problem`.
   * @throws {XRootDError} also when there is no such directory, or after some entries
   */
  list(directory: string, signal?: AbortSignal): AsyncGenerator<Entry, void, undefined>;
  /** URLs of a redirector's data servers, if they have different files of this name: no two answers need be about one file then. */
  differing(name: string, signal?: AbortSignal): Promise<string[]>;
  /** URLs of the servers that say they are proxies: what they answer may come from a cache. A redirector's are asked, too. */
  proxies(signal?: AbortSignal): Promise<string[]>;
  /** The server's words, if it exports the base read-only. Undefined if not, or if it doesn't say so. Changes nothing. */
  readOnly(signal?: AbortSignal): Promise<string | undefined>;
  /** Resolves when the server answers and lets us in. @throws {XRootDError} NoServer when it lacks data servers (`data_servers`) */
  ping(signal?: AbortSignal): Promise<void>;
  /**
   * A ping on a connection of its own, which doesn't wait behind the bytes of copies: it tells whether the server lives, and nothing
   * of data servers.
   * @param seconds for the answer
   */
  pingApart(seconds: number, signal?: AbortSignal): Promise<void>;
}
