/** `XrdCl::FileSystem`: requests about files on a server, asynchronous all the way, thousands in flight. */
import type { Location, NativeStat, NativeStats, VirtualSpace } from '../addon/addon.js';
import type { Checksum } from '../posix/checksum.js';
import { Connection, required } from './connection.js';
import { XRootDError } from './error.js';
import { delXAttr, getXAttr, listXAttr, setXAttr } from './extended_attributes.js';
import { dirList, dirStats, type DirEntry } from './listing.js';
import { checkRemotePath, serverAt } from './location.js';
import { cancelStage, prepare, queryPrepare, type PrepareOptions } from './prepare.js';
import { queryChecksum, queryChecksumTypes, queryConfig, querySpace } from './queries.js';
import type { RequestOptions } from './request.js';
import { prepareFlags } from './request_codes.js';
import { shortStatsOf, statInfoOf, type NamedStat, type ShortStat, type StatInfo } from './stat_info.js';

// XrdCl's enumeration MkDirFlags (XrdClFileSystem.hh).
const makePath = 1;
// XProtocol.hh, kXR_isManager, kXR_attrProxy and (later than 5.5) kXR_attrCache.
const [isManager, attrProxy, attrCache] = [0x2, 0x200, 0x80];
// OpenFlags.
const preferName = 0x100;

/** What a server says that it is. */
export interface ServerRole {
  /** It sends clients on to others. */
  redirector: boolean;
  /** It fetches what it hasn't from another server. */
  proxy: boolean;
}

/**
 * Requests to one server (or redirector). Objects for the same URL share one connection. All methods reject with
 * `XRootDError`, with the signal's reason when aborted, and throw TypeError for a path that XRootD would misread.
 */
export class FileSystem {
  readonly #connection: Connection;

  /**
   * Connects with the first request.
   * @param url a server's URL, `root://[user@]host[:port]`; a path in it is ignored. Its options (CGI, opaque information)
   * go with every request: `root://host//?eos.app=x&authz=y`. Those that begin with `xrd.` or `xrdcl.` are for the connection.
   * @param cgi called before each request, for options that change; then those of the URL don't count
   */
  constructor(url: string, cgi?: () => string) {
    this.#connection = new Connection(url, cgi);
  }

  /** `root://host:port`, without the path. With options it is `root://host:port//?options`: don't show that to people. */
  get url(): string {
    return this.#connection.url;
  }

  /** What the server knows of a file or directory, with tape flags. */
  async stat(path: string, options?: RequestOptions): Promise<StatInfo> {
    const info = await this.#connection.ask<NativeStat | null>(
      'stat',
      path,
      options,
      (native, timeout, done) => native.stat(path, timeout, done),
    );
    return statInfoOf(required(info, this.#connection.context('stat', path)));
  }

  /**
   * Many stats, all in flight at once, for the price of one call: the results in the order of the paths, an error in the
   * place of each that failed. Rejects only with the signal's reason.
   */
  async statMany(paths: readonly string[], options?: RequestOptions): Promise<(ShortStat | XRootDError)[]> {
    for (const path of paths) checkRemotePath(path);
    const answer = await this.#connection.ask<NativeStats>(
      'stat',
      undefined,
      options,
      (native, timeout, done) => native.statMany([...paths], timeout, done),
    );
    const results: (ShortStat | XRootDError | undefined)[] = shortStatsOf(answer);
    for (const [index, error] of answer.errors)
      results[index] = new XRootDError(error, this.#connection.context('stat', paths[index]));
    return results as (ShortStat | XRootDError)[];
  }

  /** Space behind a path, as the server's `kXR_vfs` stat tells. */
  async statVfs(path: string, options?: RequestOptions): Promise<VirtualSpace> {
    const info = await this.#connection.ask<VirtualSpace | null>(
      'stat vfs',
      path,
      options,
      (native, timeout, done) => native.statVfs(path, timeout, done),
    );
    return required(info, this.#connection.context('stat vfs', path));
  }

  /**
   * The entries of a directory as the server sends them, in no order. `stat` costs the server a stat each.
   * The default timeout is 300 seconds, for the whole listing.
   */
  dirList(
    path: string,
    options?: RequestOptions & { stat?: boolean },
  ): AsyncGenerator<DirEntry, void, undefined> {
    return dirList(this.#connection, path, options);
  }

  /**
   * The same for those who look names up, by pieces, and far cheaper: names, relative to the directory, with their stats.
   * Left out are entries for which the server sent no stat, and names that aren't UTF-8 or have a U+FFFD. Of a cluster
   * only what one server has may be listed: a name that is missing proves nothing.
   */
  dirStats(path: string, options?: RequestOptions): AsyncGenerator<NamedStat[], void, undefined> {
    return dirStats(this.#connection, path, options);
  }

  /**
   * Makes a directory.
   * @param options `mode`: octal as in `0o755` (default); `parents`: make missing parents, don't fail if it exists.
   * Without it an xrootd may answer OK too, when the directory exists with the same mode. */
  async mkdir(path: string, options?: RequestOptions & { mode?: number; parents?: boolean }): Promise<void> {
    const { mode = 0o755, parents = false } = options ?? {};
    checkMode(mode);
    try {
      await this.#connection.ask('mkdir', path, options, (native, timeout, done) =>
        native.mkdir(path, parents ? makePath : 0, mode, timeout, done),
      );
    } catch (error) {
      // Servers differ in what they say of a directory that exists.
      const exists = parents && error instanceof XRootDError && error.code === 'ItExists';
      if (!exists || !(await this.stat(path, options)).isDirectory) throw error;
    }
  }

  /** Removes a file. */
  async rm(path: string, options?: RequestOptions): Promise<void> {
    await this.#connection.ask('rm', path, options, (native, timeout, done) =>
      native.rm(path, timeout, done),
    );
  }

  /** Removes an empty directory. */
  async rmdir(path: string, options?: RequestOptions): Promise<void> {
    await this.#connection.ask('rmdir', path, options, (native, timeout, done) =>
      native.rmdir(path, timeout, done),
    );
  }

  /** Gives a file or directory another path. */
  async mv(from: string, to: string, options?: RequestOptions): Promise<void> {
    checkRemotePath(from);
    await this.#connection.ask('mv', to, options, (native, timeout, done) =>
      native.mv(from, to, timeout, done),
    );
  }

  /**
   * Sets the size of a file.
   * @param size bytes
   */
  async truncate(path: string, size: number, options?: RequestOptions): Promise<void> {
    if (!Number.isSafeInteger(size) || size < 0)
      throw new RangeError('size must be a whole number from 0 up');
    await this.#connection.ask('truncate', path, options, (native, timeout, done) =>
      native.truncate(path, size, timeout, done),
    );
  }

  /**
   * Sets permissions.
   * @param mode octal as in `0o644`
   */
  async chmod(path: string, mode: number, options?: RequestOptions): Promise<void> {
    checkMode(mode);
    await this.#connection.ask('chmod', path, options, (native, timeout, done) =>
      native.chmod(path, mode, timeout, done),
    );
  }

  /** Where a file is; `deep` follows redirectors down to the data servers. */
  async locate(path: string, options?: RequestOptions & { deep?: boolean }): Promise<Location[]> {
    return this.#connection.ask<Location[]>('locate', path, options, (native, timeout, done) =>
      native.locate(path, options?.deep === true, 0, timeout, done),
    );
  }

  /**
   * The data servers that a redirector has now, as URLs (`root://host:port`); those of the redirectors below it, too. A data
   * server names itself. A redirector doesn't tell of one that is down.
   */
  async dataServers(options?: RequestOptions): Promise<string[]> {
    const found = await this.#connection.ask<Location[]>(
      'locate',
      undefined,
      options,
      // By name, since a certificate is for a name.
      (native, timeout, done) => native.locate('*', true, preferName, timeout, done),
    );
    const { url } = this;
    return found.filter(({ manager }) => !manager).map(({ address }) => serverAt(url, address));
  }

  /** What the server says that it is: a redirector, a proxy. Before XRootD 6 nothing tells whether a proxy has a cache. */
  async role(options?: RequestOptions): Promise<ServerRole> {
    const types = await this.#connection.ask<number | null>(
      'protocol',
      undefined,
      options,
      (native, timeout, done) => native.protocol(timeout, done),
    );
    const known = required(types, this.#connection.context('protocol'));
    return { redirector: (known & isManager) !== 0, proxy: (known & (attrProxy | attrCache)) !== 0 };
  }

  /** Resolves if the server answers, after a login. */
  async ping(options?: RequestOptions): Promise<void> {
    await this.#connection.ask('ping', undefined, options, (native, timeout, done) =>
      native.ping(timeout, done),
    );
  }

  /** Asks for files to be brought from tape to the disk buffer. Resolves with the request id; the wait comes after. */
  stage(paths: readonly string[], options?: PrepareOptions): Promise<string> {
    return prepare(this.#connection, 'prepare stage', paths, prepareFlags.stage, options);
  }

  /** Gives the disk buffer's copies up. A server without tape says OK and does nothing. */
  evict(paths: readonly string[], options?: PrepareOptions): Promise<string> {
    return prepare(this.#connection, 'prepare evict', paths, prepareFlags.evict, options);
  }

  /** Withdraws a stage request. */
  cancelStage(requestId: string, paths: readonly string[] = [], options?: RequestOptions): Promise<void> {
    return cancelStage(this.#connection, requestId, paths, options);
  }

  /** State of a stage request, in the server's words: JSON on tape systems, cut at about 2 KB by a plain xrootd. */
  queryPrepare(requestId: string, paths: readonly string[], options?: RequestOptions): Promise<string> {
    return queryPrepare(this.#connection, requestId, paths, options);
  }

  /**
   * The server's checksum of a file: from its records, or computed now. Several queries for one path go one after the
   * other, and all of them on a connection of their own (`checksum_queries.ts`). The default timeout is 3,600 seconds;
   * a server that falls silent meanwhile is noticed within 15.
   * @param type `adler32`, `crc32c`, …; default: the server's own choice.
   * @param options `patience`: seconds after which it is asked once more, over another connection, and whichever answer
   * comes first counts: servers lose some. Default: it isn't.
   */
  queryChecksum(
    path: string,
    type?: string,
    options?: RequestOptions & { patience?: number },
  ): Promise<Checksum> {
    return queryChecksum(this.#connection, path, type, options);
  }

  /** Values of a server's settings, by name; a name that it doesn't know is left out. */
  queryConfig(names: readonly string[], options?: RequestOptions): Promise<Record<string, string>> {
    return queryConfig(this.#connection, names, options);
  }

  /** The types of checksums that the server says it has, in lower case; empty if it names none. */
  queryChecksumTypes(options?: RequestOptions): Promise<string[]> {
    return queryChecksumTypes(this.#connection, options);
  }

  /** Space behind a path: the server's `oss.` values, `oss.space`, `oss.free`, `oss.used`, … in bytes. */
  querySpace(path: string, options?: RequestOptions): Promise<Record<string, string>> {
    return querySpace(this.#connection, path, options);
  }

  /**
   * Sets an extended attribute.
   * @param value any bytes but NUL: XRootD can't carry it (5.5.3, seen)
   */
  setXAttr(path: string, name: string, value: Uint8Array, options?: RequestOptions): Promise<void> {
    return setXAttr(this.#connection, path, name, value, options);
  }

  /** The value of an extended attribute. */
  getXAttr(path: string, name: string, options?: RequestOptions): Promise<Buffer> {
    return getXAttr(this.#connection, path, name, options);
  }

  /** Removes an extended attribute. */
  delXAttr(path: string, name: string, options?: RequestOptions): Promise<void> {
    return delXAttr(this.#connection, path, name, options);
  }

  /** Names and values of a file's extended attributes. */
  listXAttr(path: string, options?: RequestOptions): Promise<Map<string, Buffer>> {
    return listXAttr(this.#connection, path, options);
  }
}

function checkMode(mode: number): void {
  if (!Number.isInteger(mode) || mode < 0 || mode > 0o777) throw new RangeError('mode must be 0 to 0o777');
}
