/** The native addon: what native/addon.cc exports. Arguments are checked by the classes of this room, not there. */
import { loadAddon } from './load_addon.js';

/** What native code tells of a failure; `XRootDError` is made of it. */
export interface NativeStatus {
  /** 1 error, 3 fatal: `XrdCl::XRootDStatus::status`. */
  status: number;
  /** `XrdCl::XRootDStatus::code`. */
  code: number;
  /** `XrdCl::XRootDStatus::errNo`. */
  errNo: number;
  /** In the words of libXrdCl or the server; may be empty. */
  message: string;
}

export type NativeCallback<T = undefined> = (
  error: NativeStatus | undefined,
  value: T,
  more: boolean,
) => void;

export interface NativeOperation {
  cancel(): void;
}

export interface NativeCopy extends NativeOperation {
  /** A copy that is held up may go on until it has handed on `bytes`. */
  allow(bytes: number): void;
}

/** Checksums of bytes that come piece by piece; nothing that JavaScript can look into. */
export type NativeSums = object;

export interface NativeStat {
  id: string;
  size: number;
  flags: number;
  modTime: number;
  changeTime?: number;
  accessTime?: number;
  mode?: string;
  owner?: string;
  group?: string;
}

/**
 * Five numbers a path: flags, or -1 for one that is among the errors; size; time of change; the identifier's upper and lower
 * 32 bits.
 */
export interface NativeStats {
  values: Float64Array;
  errors: [index: number, error: NativeStatus][];
}

/** Names with their numbers, as in `NativeStats`; those that came without a stat are left out. */
export interface NativeDirStats {
  /** Each ends with a newline, which no name has: the protocol has it between them. */
  names: string;
  values: Float64Array;
}

export interface NativeDirEntry {
  name: Buffer;
  host: string;
  stat?: NativeStat;
}

/** What a server tells of the space behind a path. */
export interface VirtualSpace {
  /** Servers with space that can be written to. */
  nodesRw: number;
  /** Largest contiguous free space in MB. */
  freeRw: number;
  /** Per cent. */
  utilizationRw: number;
  /** Servers with space for staging. */
  nodesStaging: number;
  /** Largest contiguous free space in MB. */
  freeStaging: number;
  /** Per cent. */
  utilizationStaging: number;
}

/** A server that has a file, or that knows one who has. */
export interface Location {
  /** `host:port`, or an address in brackets with a port. */
  address: string;
  /** A redirector, not a data server. */
  manager: boolean;
  /** Not online there yet. */
  pending: boolean;
  /** The file can be opened for writing there; else for reading only. */
  writable: boolean;
}

export interface NativeXAttr {
  name: string;
  value?: Buffer;
  error?: NativeStatus;
}

/** Every method returns the number of its request, for `release`. */
export interface NativeFileSystem {
  stat(path: string, timeout: number, callback: NativeCallback<NativeStat | null>): number;
  statMany(paths: string[], timeout: number, callback: NativeCallback<NativeStats>): number;
  statVfs(path: string, timeout: number, callback: NativeCallback<VirtualSpace | null>): number;
  dirList(path: string, flags: number, timeout: number, callback: NativeCallback<NativeDirEntry[]>): number;
  dirStats(path: string, timeout: number, callback: NativeCallback<NativeDirStats>): number;
  mkdir(path: string, flags: number, mode: number, timeout: number, callback: NativeCallback): number;
  rm(path: string, timeout: number, callback: NativeCallback): number;
  rmdir(path: string, timeout: number, callback: NativeCallback): number;
  mv(from: string, to: string, timeout: number, callback: NativeCallback): number;
  truncate(path: string, size: number, timeout: number, callback: NativeCallback): number;
  chmod(path: string, mode: number, timeout: number, callback: NativeCallback): number;
  locate(
    path: string,
    deep: boolean,
    flags: number,
    timeout: number,
    callback: NativeCallback<Location[]>,
  ): number;
  prepare(
    paths: string[],
    flags: number,
    priority: number,
    timeout: number,
    callback: NativeCallback<string>,
  ): number;
  query(code: number, argument: string, timeout: number, callback: NativeCallback<string>): number;
  /** @returns XrdCl::ProtocolInfo::HostTypes */
  protocol(timeout: number, callback: NativeCallback<number | null>): number;
  ping(timeout: number, callback: NativeCallback): number;
  setXAttr(
    path: string,
    name: string,
    value: Buffer,
    timeout: number,
    callback: NativeCallback<NativeXAttr[]>,
  ): number;
  getXAttr(path: string, names: string[], timeout: number, callback: NativeCallback<NativeXAttr[]>): number;
  delXAttr(path: string, names: string[], timeout: number, callback: NativeCallback<NativeXAttr[]>): number;
  listXAttr(path: string, timeout: number, callback: NativeCallback<NativeXAttr[]>): number;
}

export interface NativeCopyResults {
  bytes: number;
  size?: number;
  sourceCheckSum?: string;
  /** Of a small copy: of the same bytes, of another type. */
  alsoCheckSum?: string;
  targetCheckSum?: string;
  sources?: string[];
  realTarget?: string;
  /** The server was asked to open the target; undefined where nobody knows. */
  asked?: boolean;
  /** It was opened; undefined where nobody knows. */
  opened?: boolean;
  /** What it is, on a server. */
  made?: NativeMadeFile;
  /** What it is, on this machine: `device:inode`. */
  localFile?: string;
  /** The server was asked to sync it; did it? */
  synced?: boolean;
}

/** As in `MadeFile`. */
export interface NativeMadeFile {
  id: string;
  openedAt: number;
  lasted: number;
  size: number;
}

export interface NativeSmallCopyResults extends NativeCopyResults {
  /** It is no file for this way, and nothing was touched. */
  tooLarge: boolean;
}

export const copyStarted = 0;
export const copyProgress = 1;
export const copyEnded = 2;
export const copyHeldUp = 3;

export interface Addon {
  FileSystem: new (url: string) => NativeFileSystem;
  /** A request doesn't keep the event loop alive any more; it is still answered. */
  release(request: number): void;
  /**
   * Callback: `(0)` started, `(1, bytes, total)` progress, `(2, error, results)` ended, always last;
   * `(3, bytes, total)`, only if it is to be held up: it waits until `bytes` are allowed.
   */
  copy(
    properties: Record<string, string | number | boolean>,
    progressMilliseconds: number,
    heldUp: boolean,
    sync: boolean,
    callback: (event: number, first: unknown, second: unknown) => void,
  ): NativeCopy;
  /** Between a URL and an absolute path, as `download` says. Calls back once, when it has ended. */
  copySmall(
    source: string,
    target: string,
    makeDirectories: boolean,
    checksumTypes: readonly string[],
    sync: boolean,
    download: boolean,
    mostBytes: number,
    ownerOnly: boolean,
    callback: (error: NativeStatus | undefined, results: NativeSmallCopyResults) => void,
  ): NativeOperation;
  /**
   * Reads a whole file on a server. Callback: `(0, bytes, size)`, only if it is to be held up: it waits until more bytes are
   * allowed; `(1, error, {size, id, modTime, checksum})` ended, always last.
   */
  readChecksum(
    url: string,
    type: string,
    heldUp: boolean,
    callback: (event: number, first: unknown, second: unknown) => void,
  ): NativeCopy;
  /**
   * As readChecksum() that is to be held up. Callback: also `(2, bytes)` with each piece, before it waits or ends; the result has `also`, the
   * checksum of the second type.
   */
  readFile(
    url: string,
    type: string,
    also: string | undefined,
    callback: (event: number, first: unknown, second: unknown) => void,
  ): NativeCopy;
  /**
   * Callback: `errno` or 0, and the system call that failed. `mtime` in milliseconds since the epoch, with a fraction. `overwrite`: a text
   * is the version of the one file that may be replaced. `made`: `device:inode` of the only file that gets the name.
   */
  publish(
    from: string,
    to: string,
    mtime: number | undefined,
    mode: number | undefined,
    fsync: boolean,
    overwrite: boolean | string,
    made: string | undefined,
    callback: (errno: number, syscall: string) => void,
  ): void;
  /**
   * Callback: `errno` or 0, what failed, and the checksums of the bytes; the first one is kept with the file. `expected`: what the
   * last one must be; empty: anything.
   */
  writeFile(
    root: string,
    parent: string,
    temporary: string,
    name: string,
    bytes: Uint8Array,
    mode: number,
    types: readonly string[],
    expected: string,
    callback: (
      errno: number,
      step: 'directory' | 'checksum' | 'open' | 'write' | 'close' | 'rename',
      values: string[],
    ) => void,
  ): void;
  newSums(types: readonly string[]): NativeSums;
  /** Callback: `errno` or 0. */
  writeSummed(fd: number, bytes: Uint8Array, sums: NativeSums, callback: (errno: number) => void): void;
  endSums(sums: NativeSums): string[];
  /** Callback: `errno` or 0. */
  keepChecksum(fd: number, checksum: string, callback: (errno: number) => void): void;
  /** `length` -1: to the end of the file. */
  checksum(
    fd: number,
    types: readonly string[],
    offset: number,
    length: number,
    callback: (errno: number, values: string[], bytes: number) => void,
  ): NativeOperation;
  getInt(name: string): number | undefined;
  putInt(name: string, value: number): boolean;
  getString(name: string): string | undefined;
  putString(name: string, value: string): boolean;
  clientVersion(): string;
  subscribeToLog(callback: (text: string, dropped: number) => void): number;
  unsubscribeFromLog(id: number): void;
  setLogLevel(level: number): void;
  /** Of each text, what libXrdCl's log shows instead, in the whole process. */
  hideInLog(texts: string[], shown: string[]): void;
  /** `errno` or 0. */
  sendDatagram(socket: string, message: string): number;
  hasOtherLocks(fd: number, offset: number, length: number): boolean | undefined;
  hasWriters(fd: number): boolean | undefined;
}

const loaded = loadAddon();
export const addon = loaded.exports as Addon;
/** Where it was loaded from; the sandbox's programs lie beside it. */
export const addonFile = loaded.file;
