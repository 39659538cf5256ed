/** `XrdCl::FileSystem`: requests about files on a server, asynchronous all the way, thousands in flight. */
import {
  addon,
  type Location,
  type NativeCallback,
  type NativeDirEntry,
  type NativeDirStats,
  type NativeFileSystem,
  type NativeStat,
  type NativeStats,
  type NativeXAttr,
  type VirtualSpace,
} from '../addon/addon.js';
import { padChecksum, type Checksum } from '../posix/checksum.js';
import { XRootDError, type ErrorContext } from './error.js';
import { askForChecksum } from './checksum_queries.js';
import { checkRemotePath, checkServerUrl, serverOf, urlOf } from './location.js';
import { request, streamRequest, timeoutOf, type RequestOptions } from './request.js';
import {
  namedStatsOf,
  shortStatsOf,
  statInfoOf,
  type NamedStat,
  type ShortStat,
  type StatInfo,
} from './stat_info.js';

export interface DirEntry {
  /** Relative to the listed directory. For a name that isn't UTF-8 the bytes are in `nameBytes`, and this is lossy. */
  name: string;
  nameBytes?: Buffer;
  /** The server that holds it. */
  host: string;
  /** With `stat: true`, unless the server sent none. Its tape flags are not to be trusted: ask `stat`. */
  stat?: StatInfo;
}

export interface PrepareOptions extends RequestOptions {
  /** 0 lowest (default) to 3 highest. */
  priority?: number;
}

// XrdCl's enumerations: DirListFlags, MkDirFlags, PrepareFlags, QueryCode (XrdClFileSystem.hh, XProtocol.hh).
const dirListStat = 1;
const dirListChunked = 16;
const makePath = 1;
const prepareFlags = { cancel: 1, stage: 8, evict: 0x100 } as const;
const queryCodes = { prepare: 2, space: 5, config: 7 } as const;

/** Seconds, for a whole listing. */
const listingTimeout = 300;

/** Checksums of large files are computed by the server when asked: minutes, not seconds. */
const checksumTimeout = 3600;

// A U+FEFF at the beginning is a letter of the name.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function nameOf(bytes: Buffer): Pick<DirEntry, 'name' | 'nameBytes'> {
  try {
    return { name: utf8.decode(bytes) };
  } catch {
    return { name: bytes.toString('utf8'), nameBytes: bytes };
  }
}

/**
 * Requests to one server (or redirector). Objects for the same URL share one connection. All methods reject with
 * `XRootDError`, with the signal's reason when aborted, and throw TypeError for a path that XRootD would misread.
 */
export class FileSystem {
  /** `root://host:port`, without the path. */
  readonly url: string;
  readonly #native: NativeFileSystem;

  /** @param url a server's URL, `root://[user@]host[:port]`; a path in it is ignored. */
  constructor(url: string) {
    this.url = serverOf(checkServerUrl(url));
    this.#native = new addon.FileSystem(this.url);
  }

  #context(operation: string, path?: string): ErrorContext {
    return { operation, target: path === undefined ? this.url : urlOf(this.url, path) };
  }

  #ask<T>(
    operation: string,
    path: string | undefined,
    options: RequestOptions | undefined,
    send: (native: NativeFileSystem, timeout: number, done: NativeCallback<T>) => number,
  ): Promise<T> {
    const context = this.#context(operation, path);
    const timeout = timeoutOf(options);
    return request<T>(context, options?.signal, (done) => send(this.#native, timeout, done));
  }

  async stat(path: string, options?: RequestOptions): Promise<StatInfo> {
    const info = await this.#ask<NativeStat | null>('stat', path, options, (native, timeout, done) =>
      native.stat(path, timeout, done),
    );
    return statInfoOf(required(info, this.#context('stat', path)));
  }

  /**
   * Many stats, all in flight at once, for the price of one call: the results in the order of the paths, an error in the
   * place of each that failed. Rejects only with the signal's reason.
   */
  async statMany(paths: readonly string[], options?: RequestOptions): Promise<(ShortStat | XRootDError)[]> {
    for (const path of paths) checkRemotePath(path);
    const answer = await this.#ask<NativeStats>('stat', undefined, options, (native, timeout, done) =>
      native.statMany([...paths], timeout, done),
    );
    const results: (ShortStat | XRootDError | undefined)[] = shortStatsOf(answer);
    for (const [index, error] of answer.errors)
      results[index] = new XRootDError(error, this.#context('stat', paths[index]));
    return results as (ShortStat | XRootDError)[];
  }

  /** Space behind a path, as the server's `kXR_vfs` stat tells. */
  async statVfs(path: string, options?: RequestOptions): Promise<VirtualSpace> {
    const info = await this.#ask<VirtualSpace | null>('stat vfs', path, options, (native, timeout, done) =>
      native.statVfs(path, timeout, done),
    );
    return required(info, this.#context('stat vfs', path));
  }

  /**
   * The entries of a directory as the server sends them, in no order. `stat` costs the server a stat each.
   * The default timeout is 300 seconds, for the whole listing.
   */
  async *dirList(
    path: string,
    options?: RequestOptions & { stat?: boolean },
  ): AsyncGenerator<DirEntry, void, undefined> {
    const flags = dirListChunked | (options?.stat === true ? dirListStat : 0);
    const timeout = timeoutOf(options, listingTimeout);
    const pieces = streamRequest<NativeDirEntry[]>(this.#context('dirlist', path), options?.signal, (done) =>
      this.#native.dirList(path, flags, timeout, done),
    );
    for await (const piece of pieces) {
      for (const { name, host, stat } of piece) {
        yield { ...nameOf(name), host, ...(stat && { stat: statInfoOf(stat) }) };
      }
    }
  }

  /**
   * The same for those who look names up, by pieces, and far cheaper: names, relative to the directory, with their stats.
   * Left out are entries for which the server sent no stat, and names that aren't UTF-8 or have a U+FFFD. Of a cluster
   * only what one server has may be listed: a name that is missing proves nothing.
   */
  async *dirStats(path: string, options?: RequestOptions): AsyncGenerator<NamedStat[], void, undefined> {
    const timeout = timeoutOf(options, listingTimeout);
    const pieces = streamRequest<NativeDirStats>(this.#context('dirlist', path), options?.signal, (done) =>
      this.#native.dirStats(path, timeout, done),
    );
    for await (const piece of pieces) yield namedStatsOf(piece);
  }

  /** @param options `mode`: octal as in `0o755` (default); `parents`: make missing parents, don't fail if it exists.
   * Without it an xrootd may answer OK too, when the directory exists with the same mode. */
  async mkdir(path: string, options?: RequestOptions & { mode?: number; parents?: boolean }): Promise<void> {
    const { mode = 0o755, parents = false } = options ?? {};
    checkMode(mode);
    try {
      await this.#ask('mkdir', path, options, (native, timeout, done) =>
        native.mkdir(path, parents ? makePath : 0, mode, timeout, done),
      );
    } catch (error) {
      // Servers differ in what they say of a directory that exists.
      const exists = parents && error instanceof XRootDError && error.code === 'ItExists';
      if (!exists || !(await this.stat(path, options)).isDirectory) throw error;
    }
  }

  async rm(path: string, options?: RequestOptions): Promise<void> {
    await this.#ask('rm', path, options, (native, timeout, done) => native.rm(path, timeout, done));
  }

  async rmdir(path: string, options?: RequestOptions): Promise<void> {
    await this.#ask('rmdir', path, options, (native, timeout, done) => native.rmdir(path, timeout, done));
  }

  async mv(from: string, to: string, options?: RequestOptions): Promise<void> {
    checkRemotePath(from);
    await this.#ask('mv', to, options, (native, timeout, done) => native.mv(from, to, timeout, done));
  }

  /** @param size bytes */
  async truncate(path: string, size: number, options?: RequestOptions): Promise<void> {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError('size must be a whole number from 0 up');
    await this.#ask('truncate', path, options, (native, timeout, done) =>
      native.truncate(path, size, timeout, done),
    );
  }

  /** @param mode octal as in `0o644` */
  async chmod(path: string, mode: number, options?: RequestOptions): Promise<void> {
    checkMode(mode);
    await this.#ask('chmod', path, options, (native, timeout, done) =>
      native.chmod(path, mode, timeout, done),
    );
  }

  /** Where a file is; `deep` follows redirectors down to the data servers. */
  async locate(path: string, options?: RequestOptions & { deep?: boolean }): Promise<Location[]> {
    return this.#ask<Location[]>('locate', path, options, (native, timeout, done) =>
      native.locate(path, options?.deep === true, 0, timeout, done),
    );
  }

  async ping(options?: RequestOptions): Promise<void> {
    await this.#ask('ping', undefined, options, (native, timeout, done) => native.ping(timeout, done));
  }

  /** Asks for files to be brought from tape to the disk buffer. Resolves with the request id; the wait comes after. */
  stage(paths: readonly string[], options?: PrepareOptions): Promise<string> {
    return this.#prepare('prepare stage', paths, prepareFlags.stage, options);
  }

  /** Gives the disk buffer's copies up. A server without tape says OK and does nothing. */
  evict(paths: readonly string[], options?: PrepareOptions): Promise<string> {
    return this.#prepare('prepare evict', paths, prepareFlags.evict, options);
  }

  /** Withdraws a stage request. */
  async cancelStage(
    requestId: string,
    paths: readonly string[] = [],
    options?: RequestOptions,
  ): Promise<void> {
    if (requestId === '' || /\s/.test(requestId))
      throw new TypeError(`${JSON.stringify(requestId)} is no request id`);
    paths.forEach(checkRemotePath);
    await this.#ask('prepare cancel', undefined, options, (native, timeout, done) =>
      native.prepare([requestId, ...paths], prepareFlags.cancel, 0, timeout, done),
    );
  }

  async #prepare(
    operation: string,
    paths: readonly string[],
    flags: number,
    options: PrepareOptions | undefined,
  ): Promise<string> {
    // libXrdCl throws std::out_of_range at an empty list.
    if (paths.length === 0) throw new RangeError(`${operation}: no paths given`);
    paths.forEach(checkRemotePath);
    const { priority = 0 } = options ?? {};
    if (!Number.isInteger(priority) || priority < 0 || priority > 3)
      throw new RangeError('priority must be 0 to 3');
    const id = await this.#ask<string>(operation, paths[0], options, (native, timeout, done) =>
      native.prepare([...paths], flags, priority, timeout, done),
    );
    return id.trim();
  }

  /** State of a stage request, in the server's words: JSON on tape systems, cut at about 2 KB by a plain xrootd. */
  async queryPrepare(requestId: string, paths: readonly string[], options?: RequestOptions): Promise<string> {
    paths.forEach(checkRemotePath);
    return this.#query(
      'query prepare',
      queryCodes.prepare,
      [requestId, ...paths].join('\n'),
      paths[0],
      options,
    );
  }

  /**
   * The server's checksum of a file: from its records, or computed now. Several queries for one path go one after the
   * other, and all of them on a connection of their own (`checksum_queries.ts`). The default timeout is 3,600 seconds;
   * a server that falls silent meanwhile is noticed within 15.
   * @param type `adler32`, `crc32c`, …; default: the server's own choice.
   * @param options `patience`: seconds after which it is asked once more, over another connection, and whichever answer
   * comes first counts: servers lose some. Default: it isn't.
   */
  async queryChecksum(
    path: string,
    type?: string,
    options?: RequestOptions & { patience?: number },
  ): Promise<Checksum> {
    checkRemotePath(path);
    if (type !== undefined && !/^[\w-]+$/.test(type)) throw new TypeError(`${type} is no checksum type`);
    const context = this.#context('query checksum', path);
    const timeout = timeoutOf(options, checksumTimeout);
    const answer = await askForChecksum(this.url, path, type, context, { ...options, timeout });
    const [answered, value] = answer.trim().split(/\s+/);
    if (answered === undefined || value === undefined || !/^[0-9a-fA-F]+$/.test(value)) {
      throw invalidResponse(context, `not a checksum: ${JSON.stringify(answer)}`);
    }
    if (type !== undefined && answered.toLowerCase() !== type.toLowerCase()) {
      throw invalidResponse(context, `asked for ${type}, answered with ${answered}`);
    }
    return { type: answered.toLowerCase(), value: padChecksum(answered.toLowerCase(), value) };
  }

  /** Values of a server's settings, by name; a name that it doesn't know is left out. */
  async queryConfig(names: readonly string[], options?: RequestOptions): Promise<Record<string, string>> {
    if (names.length === 0 || names.some((name) => !/^[\w.]+$/.test(name))) {
      throw new TypeError('names of settings expected');
    }
    const answer = await this.#query('query config', queryCodes.config, names.join(' '), undefined, options);
    const lines = answer.split('\n');
    // A line a name, in order; a server answers an unknown name with the name.
    const known = names.flatMap((name, index) => {
      const line = lines[index];
      return line === undefined || line === name ? [] : [[name, line] as const];
    });
    return Object.fromEntries(known);
  }

  /** Space behind a path: the server's `oss.` values, `oss.space`, `oss.free`, `oss.used`, … in bytes. */
  async querySpace(path: string, options?: RequestOptions): Promise<Record<string, string>> {
    checkRemotePath(path);
    const answer = await this.#query('query space', queryCodes.space, path, path, options);
    return Object.fromEntries(new URLSearchParams(answer));
  }

  #query(
    operation: string,
    code: number,
    argument: string,
    path: string | undefined,
    options: RequestOptions | undefined,
  ): Promise<string> {
    return this.#ask<string>(operation, path, options, (native, timeout, done) =>
      native.query(code, argument, timeout, done),
    );
  }

  /** @param value any bytes but NUL: XRootD can't carry it (5.5.3, seen) */
  async setXAttr(path: string, name: string, value: Uint8Array, options?: RequestOptions): Promise<void> {
    checkNoNul('name', name);
    checkNoNul('value', value);
    await this.#xattr('setxattr', path, options, (native, timeout, done) =>
      native.setXAttr(path, name, Buffer.from(value), timeout, done),
    );
  }

  async getXAttr(path: string, name: string, options?: RequestOptions): Promise<Buffer> {
    checkNoNul('name', name);
    const results = await this.#xattr('getxattr', path, options, (native, timeout, done) =>
      native.getXAttr(path, [name], timeout, done),
    );
    return required(results[0]?.value ?? null, this.#context('getxattr', path));
  }

  async delXAttr(path: string, name: string, options?: RequestOptions): Promise<void> {
    checkNoNul('name', name);
    await this.#xattr('delxattr', path, options, (native, timeout, done) =>
      native.delXAttr(path, [name], timeout, done),
    );
  }

  /** Names and values of a file's extended attributes. */
  async listXAttr(path: string, options?: RequestOptions): Promise<Map<string, Buffer>> {
    const results = await this.#xattr('listxattr', path, options, (native, timeout, done) =>
      native.listXAttr(path, timeout, done),
    );
    return new Map(results.map(({ name, value }) => [name, value ?? Buffer.alloc(0)]));
  }

  async #xattr(
    operation: string,
    path: string,
    options: RequestOptions | undefined,
    send: (native: NativeFileSystem, timeout: number, done: NativeCallback<NativeXAttr[]>) => number,
  ): Promise<NativeXAttr[]> {
    const results = await this.#ask<NativeXAttr[]>(operation, path, options, send);
    const failed = results.find(({ error }) => error !== undefined);
    if (failed?.error !== undefined) throw new XRootDError(failed.error, this.#context(operation, path));
    return results;
  }
}

function checkMode(mode: number): void {
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) throw new RangeError('mode must be 0 to 0o777');
}

/** libXrdCl cuts at a NUL, and the server then can't read the rest. */
function checkNoNul(what: string, data: string | Uint8Array): void {
  if (typeof data === 'string' ? data === '' || data.includes('\0') : data.includes(0)) {
    throw new TypeError(`${what} of an extended attribute must have no NUL, and a name must not be empty`);
  }
}

function invalidResponse(context: ErrorContext, message: string): XRootDError {
  return new XRootDError({ status: 1, code: 303, errNo: 0, message }, context);
}

function required<T>(value: T | null, context: ErrorContext): T {
  if (value === null) throw invalidResponse(context, 'the server sent no answer that libXrdCl can read');
  return value;
}
