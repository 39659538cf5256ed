/** The remote storage on XRootD. */
import type { Readable } from 'node:stream';
import type { Target } from '../config/target.js';
import type { Checksum } from '../rules/checksum.js';
import type { ServerTypes } from '../rules/comparison.js';
import { remotePath } from '../rules/names.js';
import { sameRemote, type ToldFile } from '../rules/remote_identity.js';
import type { StageAnswer } from '../rules/stage_answer.js';
import {
  checkRemotePath,
  FileSystem,
  removeMade,
  type ChecksumType,
  type MadeFile,
  type RateLimit,
} from '../xrdcl/index.js';
import { onOwnConnection } from '../xrdcl/opaque.js';
import { Copies } from './copies.js';
import { DataServers, isNotFound } from './data_servers.js';
import { Listings } from './listings.js';
import { readOnly } from './read_only.js';
import { remoteStatOf } from './remote_stat.js';
import { ServerChecksums } from './server_checksums.js';
import { StageRequests } from './stage_requests.js';
import { surroundingsOf, withMark } from './surroundings.js';
import type {
  Downloaded,
  DownloadOptions,
  Entry,
  ListedStat,
  MarkOptions,
  ReadOptions,
  RemoteStat,
  RemoteStore,
  Removed,
  Surrounding,
  Uploaded,
  UploadOptions,
} from './store.js';

export interface StoreTimeouts {
  /** Seconds for a stat, a removal, a ping. */
  request: number;
  /** Most seconds for a checksum: the server may have to read the whole file. */
  checksum: number;
  /** Most seconds for a copy; undefined: a copy fails only when the server falls silent. */
  copy?: number;
}

export interface StoreOptions {
  /** Of stage requests: 0 lowest (default) to 3 highest. */
  stagePriority?: number;
  rateLimit?: RateLimit | undefined;
  /** The options of all URLs, asked for before each request. Default: none. */
  cgi?: () => string;
  /** How many data servers a redirector must have. Default 1. */
  expectedServers?: number;
}

export class XRootDStore implements RemoteStore {
  readonly #target: Target;
  readonly #timeouts: StoreTimeouts;
  readonly #expectedServers: number;
  readonly #fileSystem: FileSystem;
  /** On a connection of its own. */
  readonly #apart: FileSystem;
  readonly #dataServers: DataServers;
  readonly #checksums: ServerChecksums;
  readonly #copies: Copies;
  readonly #requests: StageRequests;
  readonly #listings: Listings;

  constructor(
    target: Target,
    timeouts: StoreTimeouts,
    { stagePriority = 0, rateLimit, cgi, expectedServers = 1 }: StoreOptions = {},
  ) {
    const open = (url: string) => new FileSystem(url, cgi);
    this.#target = target;
    this.#timeouts = timeouts;
    this.#expectedServers = expectedServers;
    this.#fileSystem = open(target.endpoint);
    this.#apart = new FileSystem(target.endpoint, () => onOwnConnection(cgi?.() ?? '', 'apart'));
    this.#dataServers = new DataServers(this.#fileSystem, open, timeouts.request);
    this.#checksums = new ServerChecksums(this.#fileSystem, timeouts, rateLimit);
    this.#copies = new Copies({ fileSystem: this.#fileSystem, timeout: timeouts.copy, rateLimit });
    this.#requests = new StageRequests(this.#fileSystem, (name) => this.#path(name), stagePriority);
    this.#listings = new Listings({
      fileSystem: this.#fileSystem,
      dataServers: this.#dataServers,
      path: (name) => this.#path(name),
      isDirectory: (name, signal) => this.#isDirectory(name, signal),
    });
  }

  #path(name: string): string {
    return name === '' ? this.#target.base : remotePath(this.#target.base, name);
  }

  async stat(name: string, signal?: AbortSignal): Promise<RemoteStat | null> {
    try {
      return remoteStatOf(
        await this.#dataServers.stat(this.#path(name), { timeout: this.#timeouts.request, signal }),
      );
    } catch (error) {
      if (isNotFound(error)) return null;
      throw error;
    }
  }

  async statMany(names: readonly string[], signal?: AbortSignal): Promise<(RemoteStat | null | Error)[]> {
    const options = { timeout: this.#timeouts.request, signal };
    const paths = names.map((name) => this.#path(name));
    // A name that can't be asked about must not fail the question about the others.
    const problems = paths.map(pathError);
    const good = paths.filter((_, index) => problems[index] === undefined);
    const answers = (await this.#dataServers.statMany(good, options)).values();
    return problems.map((problem) => {
      const answer = problem ?? answers.next().value ?? null;
      if (answer === null || isNotFound(answer)) return null;
      return answer instanceof Error ? answer : remoteStatOf(answer);
    });
  }

  listStats(
    directory: string,
    most: number,
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, ListedStat> | undefined> {
    return this.#listings.stats(directory, most, signal);
  }

  checksum(name: string, type: string, size: number, signal?: AbortSignal): Promise<Checksum> {
    return this.#checksums.ask(this.#path(name), type, size, signal);
  }

  readChecksum(name: string, type: ChecksumType, told: ToldFile, signal?: AbortSignal): Promise<Checksum> {
    return this.#checksums.read(this.#path(name), type, told, signal);
  }

  stream(name: string, told: ToldFile, options: ReadOptions): Readable {
    return this.#checksums.stream(this.#path(name), told, options);
  }

  checksumTypes(signal?: AbortSignal): Promise<ServerTypes> {
    return this.#checksums.types(signal);
  }

  serverVersion(signal?: AbortSignal): Promise<string | undefined> {
    return this.#checksums.version(signal);
  }

  upload(source: string, name: string, options: UploadOptions): Promise<Uploaded> {
    return this.#copies.upload(source, this.#path(name), options);
  }

  download(name: string, target: string, options: DownloadOptions): Promise<Downloaded> {
    return this.#copies.download(this.#path(name), target, options);
  }

  stage(names: readonly string[], signal?: AbortSignal): Promise<string> {
    return this.#requests.send(names, signal);
  }

  cancelStage(requestId: string, names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#requests.cancel(requestId, names, signal);
  }

  queryStage(
    requestId: string,
    names: readonly string[],
    signal?: AbortSignal,
  ): Promise<Map<string, StageAnswer>> {
    return this.#requests.query(requestId, names, signal);
  }

  evict(names: readonly string[], signal?: AbortSignal): Promise<void> {
    return this.#requests.evict(names, signal);
  }

  async removeSeen(name: string, seen: RemoteStat, signal?: AbortSignal): Promise<Removed> {
    if ((await this.differing(name, signal)).length > 0) return 'other';
    const now = await this.stat(name, signal);
    if (now === null) return 'gone';
    // xrootd's rm removes an empty directory, too.
    if (now.kind === 'directory') return 'other';
    const flags = now.offline === seen.offline && now.backUpExists === seen.backUpExists;
    if (!flags || !sameRemote(seen, now)) return 'other';
    try {
      // No abort ends the wait: libXrdCl sends a request that the server lets wait once more, and a new file may be there by then.
      await this.#fileSystem.rm(this.#path(name), { timeout: this.#timeouts.request });
      return 'removed';
    } catch (error) {
      if (isNotFound(error)) return 'gone';
      throw error;
    }
  }

  async removeMade(name: string, made: MadeFile, signal?: AbortSignal): Promise<Removed> {
    if ((await this.differing(name, signal)).length > 0) return 'unsure';
    const options = { timeout: this.#timeouts.request, signal };
    return await removeMade(this.#fileSystem, this.#path(name), made, options);
  }

  surroundings(entry: string, signal?: AbortSignal): Promise<Surrounding[]> {
    const options = { timeout: this.#timeouts.request, signal };
    return surroundingsOf(this.#fileSystem, this.#target, entry, options);
  }

  mark<T>(name: string, task: () => Promise<T>, options: MarkOptions): Promise<T> {
    const request = { timeout: this.#timeouts.request, ...options };
    return withMark(this.#fileSystem, this.#path(name), task, request);
  }

  async rename(from: string, to: string, signal?: AbortSignal): Promise<void> {
    const options = { timeout: this.#timeouts.request, signal };
    await this.#fileSystem.mv(this.#path(from), this.#path(to), options);
  }

  list(directory: string, signal?: AbortSignal): AsyncGenerator<Entry, void, undefined> {
    return this.#listings.entries(directory, signal);
  }

  async #isDirectory(path: string, signal: AbortSignal | undefined): Promise<boolean> {
    if (pathError(this.#path(path)) !== undefined) return false;
    return (await this.stat(path, signal))?.kind === 'directory';
  }

  differing(name: string, signal?: AbortSignal): Promise<string[]> {
    return this.#dataServers.differing(this.#path(name), { timeout: this.#timeouts.request, signal });
  }

  proxies(signal?: AbortSignal): Promise<string[]> {
    return this.#dataServers.proxies({ timeout: this.#timeouts.request, signal });
  }

  readOnly(signal?: AbortSignal): Promise<string | undefined> {
    return readOnly(this.#fileSystem, this.#target.base, { timeout: this.#timeouts.request, signal });
  }

  pingApart(seconds: number, signal?: AbortSignal): Promise<void> {
    return this.#apart.ping({ timeout: seconds, signal });
  }

  async ping(signal?: AbortSignal): Promise<void> {
    const options = { timeout: this.#timeouts.request, signal };
    await this.#fileSystem.ping(options);
    this.#dataServers.renew();
    if (this.#expectedServers > 1) await this.#dataServers.expect(this.#expectedServers, options);
  }
}

/** The error that the binding throws for a path that XRootD would misread. */
function pathError(path: string): Error | undefined {
  try {
    checkRemotePath(path);
    return undefined;
  } catch (error) {
    if (error instanceof TypeError) return error;
    throw error;
  }
}
